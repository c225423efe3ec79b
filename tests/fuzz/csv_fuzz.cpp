#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "core/csv.hpp"

namespace {

std::vector<std::string> rows(const char* text, std::size_t size, std::size_t piece, roost::csv_limits limits)
{
    std::vector<std::string> out;
    std::size_t at = 0;
    roost::csv_reader reader{[&](char* into, std::size_t room) {
                                 const auto n = std::min({piece, room, size - at});
                                 std::memcpy(into, text + at, n);
                                 at += n;
                                 return n;
                             },
                             limits};
    while (const auto row = reader.next())
    {
        auto& line = out.emplace_back(std::to_string(row->line));
        if (row->fault) line += describe(*row->fault);
        for (const auto field : row->fields) line.append("|").append(field);
    }
    return out;
}

}  // namespace

/// However the bytes arrive, the reader ends, stays in its buffer and says the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) return 0;
    const roost::csv_limits limits{.row_bytes = 8 + std::size_t{data[0]}, .fields = 6};
    const auto* text = reinterpret_cast<const char*>(data) + 2;
    if (rows(text, size - 2, 1 + data[1] % 32, limits) != rows(text, size - 2, size, limits)) std::abort();
    return 0;
}
