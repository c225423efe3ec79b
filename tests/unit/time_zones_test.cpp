#include "core/time_zones.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>

namespace roost {
namespace {

double number(std::string_view text)
{
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

TEST(time_zones, agree_with_the_package_the_table_was_made_from)
{
    std::ifstream vectors{ROOST_TEST_DATA "/time_zones.csv"};
    int points = 0;
    for (std::string line; std::getline(vectors, line); ++points)
    {
        const auto first = line.find(','), second = line.find(',', first + 1);
        const auto latitude = number(line), longitude = number(std::string_view{line}.substr(first + 1));
        // A few names are links to another zone with the same clocks (Arctic/Longyearbyen).
        ASSERT_EQ(time_zone_at(latitude, longitude), time_zone::parse(line.substr(second + 1)))
            << latitude << ' ' << longitude;
    }
    EXPECT_GE(points, 5000);
}

TEST(time_zones, know_cities_and_the_sea)
{
    struct place
    {
        double latitude, longitude;
        std::string_view zone;
    };
    constexpr place places[] = {
        {40.7128, -74.0060, "America/New_York"},
        {1.3521, 103.8198, "Asia/Singapore"},
        {51.5074, -0.1278, "Europe/London"},
        {48.8566, 2.3522, "Europe/Paris"},
        {35.6762, 139.6503, "Asia/Tokyo"},
        {-33.8688, 151.2093, "Australia/Sydney"},
        {-1.2921, 36.8219, "Africa/Nairobi"},
        {28.6139, 77.2090, "Asia/Kolkata"},
        {27.7172, 85.3240, "Asia/Kathmandu"},
        {47.3769, 8.5417, "Europe/Zurich"},
        {22.3193, 114.1694, "Asia/Hong_Kong"},
        {43.6532, -79.3832, "America/Toronto"},
        {-36.8509, 174.7645, "Pacific/Auckland"},
        {-43.9530, -176.5597, "Pacific/Chatham"},
        {33.4484, -112.0740, "America/Phoenix"},
        {64.1466, -21.9426, "Atlantic/Reykjavik"},
        {0, -30, "Etc/GMT+2"},
        {-40, 100, "Etc/GMT-7"},
    };
    for (const auto& p : places) EXPECT_EQ(time_zone_at(p.latitude, p.longitude).name(), p.zone);
}

TEST(time_zones, refuse_points_that_are_not_on_earth)
{
    constexpr auto nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    EXPECT_THROW(time_zone_at(90.1, 0), std::out_of_range);
    EXPECT_THROW(time_zone_at(-90.1, 0), std::out_of_range);
    EXPECT_THROW(time_zone_at(0, 180.1), std::out_of_range);
    EXPECT_THROW(time_zone_at(0, -180.1), std::out_of_range);
    EXPECT_THROW(time_zone_at(nan, 0), std::out_of_range);
    EXPECT_THROW(time_zone_at(0, nan), std::out_of_range);
    EXPECT_THROW(time_zone_at(inf, -inf), std::out_of_range);
}

}  // namespace
}  // namespace roost
