#include <chrono>

#include "app/operations.hpp"
#include "platform/http/problem.hpp"
#include "platform/observe/log.hpp"
#include "platform/schema/json.hpp"

namespace roost::app {
namespace {

struct move_clock
{
    std::int64_t shift_seconds = 0;

    static constexpr auto fields = schema::fields(schema::field<&move_clock::shift_seconds>(
        "shift_seconds", schema::between(-3'000'000'000, 3'000'000'000), "How far now is from the real time."));
};

}  // namespace

void install_test_clock(http::api& a, clock& c)
{
    log::warn("the clock of this process can be moved through /dev/clock");
    const auto move = [&c](const http::request& r) -> task<http::response> {
        const auto body = schema::from_json<move_clock>(r.body);
        if (!body) co_return http::problem(body.error(), r);
        c.shift_by(std::chrono::seconds{body->shift_seconds});
        http::response done;
        done.status = 204;
        co_return done;
    };
    a.raw("/dev/clock", move, {http::method::post});
}

}  // namespace roost::app
