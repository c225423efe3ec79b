#include "core/time_zones.hpp"

#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace roost {
namespace {

// The tree is a quadtree over 48 × 24 cells of 7.5°. A node is two characters, a number in base 56; the last
// `size(names)` numbers are zones, any other is how many groups of four nodes lie
// between this node's own group and the group of its children, both behind the 48 × 24.
#include "core/time_zone_table.inc"

constexpr std::size_t columns = 48, rows = 24;
constexpr std::size_t first_zone = 56 * 56 - std::size(names);

constexpr std::size_t number_at(std::size_t place)
{
    return 56 * static_cast<std::size_t>(tree[place] - '#') + static_cast<std::size_t>(tree[place + 1] - '#');
}

std::string_view zone_name(double latitude, double longitude)
{
    if (latitude == 90) return "Etc/GMT";

    // The divisors are a little over 360 and 180 so that the far edge still falls into the last cell.
    double x = columns * (180 + longitude) / 360.00000000000006;
    double y = rows * (90 - latitude) / 180.00000000000003;
    auto column = static_cast<std::size_t>(x), row = static_cast<std::size_t>(y);
    auto number = number_at(2 * (columns * row + column));
    for (std::size_t next = 0; number < first_zone;)
    {
        const auto group = next + number;
        next = group + 1;
        x = 2 * (x - static_cast<double>(column));
        y = 2 * (y - static_cast<double>(row));
        column = static_cast<std::size_t>(x);
        row = static_cast<std::size_t>(y);
        number = number_at(2 * (columns * rows + 4 * group + 2 * row + column));
    }
    return names[number - first_zone];
}

}  // namespace

time_zone time_zone_at(double latitude, double longitude)
{
    // Written so that NaN is refused too.
    if (!(latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180))
        throw std::out_of_range{"a point that is not on earth"};
    const auto zone = time_zone::parse(zone_name(latitude, longitude));
    if (!zone) throw std::runtime_error{"the system's time zone database is incomplete"};
    return *zone;
}

}  // namespace roost
