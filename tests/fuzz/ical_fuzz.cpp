#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "feeds/ical_reader.hpp"
#include "feeds/ical_writer.hpp"

/// Whatever a platform sends is read or refused; what is read is in order and in the window, and written by us it is
/// read as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace roost::feeds;
    static const auto zone = *roost::time_zone::parse("Europe/Paris");
    static const roost::date_range window{*roost::parse_date("2027-01-01"), *roost::parse_date("2029-01-01")};
    const ical_limits limits{.longest_line = 2'000, .events = 200, .ranges = 5'000, .repetition = 50'000};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto got = read_closed_nights(text, zone, window, limits);
    if (!got) return 0;
    std::vector<ical_entry> entries;
    for (const auto& r : got->ranges)
    {
        if (r.from() < window.from() || r.to() > window.to()) std::abort();
        if (!entries.empty() && r.from() <= entries.back().to) std::abort();
        entries.push_back({"u", r.from(), r.to(), "s", {}, 0});
    }
    const auto again = read_closed_nights(write_calendar("", entries), zone, window);
    if (!again || again->ranges != got->ranges) std::abort();
    return 0;
}
