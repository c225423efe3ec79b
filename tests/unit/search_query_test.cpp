#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <random>

#include "platform/schema/text.hpp"
#include "search/query.hpp"
#include "search/sql.hpp"

namespace roost::search {
namespace {

constexpr double degree = std::numbers::pi / 180, earth = 6'371'008.7714;

double metres(double lat1, double lng1, double lat2, double lng2)
{
    const double a = lat1 * degree, b = lat2 * degree, d = (lng2 - lng1) * degree;
    const double across =
        std::hypot(std::cos(b) * std::sin(d), std::cos(a) * std::sin(b) - std::sin(a) * std::cos(b) * std::cos(d));
    return std::atan2(across, std::sin(a) * std::sin(b) + std::cos(a) * std::cos(b) * std::cos(d)) * earth;
}

bool holds(const box& b, double lat, double lng)
{
    const bool between = b.west <= b.east ? b.west <= lng && lng <= b.east : lng >= b.west || lng <= b.east;
    return between && b.south <= lat && lat <= b.north;
}

TEST(around, holds_every_point_of_the_circle)
{
    std::mt19937_64 random{7};
    std::uniform_real_distribution<double> latitudes{-90, 90}, longitudes{-180, 180}, near{-1, 1};
    int inside = 0;
    for (int i = 0; i < 200'000; ++i)
    {
        const double lat = latitudes(random), lng = longitudes(random), radius = 500'000 * std::abs(near(random)) + 1;
        const double other_lat = std::clamp(lat + near(random) * 5, -90.0, 90.0);
        double other_lng = lng + near(random) * 5 / std::max(0.03, std::cos(lat * degree));
        other_lng = std::remainder(other_lng, 360);
        if (metres(lat, lng, other_lat, other_lng) > radius) continue;
        ++inside;
        ASSERT_TRUE(holds(around(lat, lng, radius), other_lat, other_lng))
            << lat << ' ' << lng << ' ' << radius << ' ' << other_lat << ' ' << other_lng;
    }
    EXPECT_GT(inside, 20'000);
}

TEST(around, spans_the_antimeridian_and_the_poles)
{
    const auto fiji = around(-16.78, 179.97, 50'000);
    EXPECT_GT(fiji.west, fiji.east);
    EXPECT_EQ(around(89.9, 10, 50'000), (box{-180, around(89.9, 10, 50'000).south, 180, 90}));
}

query parsed(std::string_view text)
{
    auto q = schema::from_query<query>(text);
    if (!q) throw std::invalid_argument{q.error().detail};
    return *q;
}

TEST(settle, chooses_the_usual_order)
{
    const auto order = [](std::string_view text) {
        auto q = parsed(text);
        EXPECT_TRUE(settle(q)) << text;
        return *q.ordering;
    };
    EXPECT_EQ(order(""), ordering::newest);
    EXPECT_EQ(order("near=1,2"), ordering::distance);
    EXPECT_EQ(order("near=1,2&q=loft"), ordering::relevance);
    EXPECT_EQ(order("q=loft&ordering=-rating"), ordering::rating_desc);
}

TEST(settle, tells_every_contradiction_at_once)
{
    auto q = parsed("bbox=1,2,3&near=5&check_in=2026-12-24&ordering=total&total_min=5&amenities=dragon");
    const auto refused = settle(q);
    ASSERT_FALSE(refused);
    std::string names;
    for (const auto& f : refused.error().fields) names += f.pointer + ' ';
    EXPECT_EQ(names, "bbox near check_out currency ordering amenities ");
}

TEST(name_of_list, differs_with_filters_and_order_only)
{
    auto q = parsed("city=Lisbon&limit=5&count=true"), same = parsed("city=Lisbon"), other = parsed("city=Porto");
    ASSERT_TRUE(settle(q) && settle(same) && settle(other));
    EXPECT_EQ(name_of_list(q), name_of_list(same));
    EXPECT_NE(name_of_list(q), name_of_list(other));
}

TEST(search_statements, are_one_text_for_each_name)
{
    std::map<std::string_view, std::string_view> texts;
    for (int by = 0; by < 9; ++by)
        for (const bool backwards : {false, true})
        {
            const auto s = sql::page(static_cast<ordering>(by), backwards);
            EXPECT_EQ(texts.emplace(s.name, s.sql).first->second, s.sql);
        }
    EXPECT_EQ(texts.size(), 12u);
    EXPECT_EQ(sql::page(ordering::price, true).name, sql::page(ordering::price_desc, false).name);
}

}  // namespace
}  // namespace roost::search
