#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "platform/jobs/celery_message.hpp"

/// What is taken can be handed on: it says the same when it is written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace roost::jobs::celery;
    const auto m = read_message({reinterpret_cast<const char*>(data), size});
    if (!m) return 0;
    const auto again = read_message(write_message(*m, "queue"));
    if (again && (again->id != m->id || again->task != m->task)) std::abort();
    return 0;
}
