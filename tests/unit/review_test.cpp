#include "reviews/review.hpp"

#include <gtest/gtest.h>

namespace roost::reviews {
namespace {

std::string closes(const char* check_out, const char* zone)
{
    return format(closing_of(*parse_date(check_out), *time_zone::parse(zone)));
}

TEST(closing_of, is_midnight_there_after_fourteen_whole_days)
{
    EXPECT_EQ(closes("2026-12-01", "UTC"), "2026-12-16T00:00:00Z");
    EXPECT_EQ(closes("2026-12-01", "Asia/Tokyo"), "2026-12-15T15:00:00Z");
    EXPECT_EQ(closes("2026-12-01", "Pacific/Kiritimati"), "2026-12-15T10:00:00Z");
    EXPECT_EQ(closes("2026-12-01", "Pacific/Pago_Pago"), "2026-12-16T11:00:00Z");
}

TEST(closing_of, follows_the_clocks_there)
{
    EXPECT_EQ(closes("2027-03-10", "Europe/Paris"), "2027-03-24T23:00:00Z");
    EXPECT_EQ(closes("2027-03-20", "Europe/Paris"), "2027-04-03T22:00:00Z") << "summer time began on the 28th";
    EXPECT_EQ(closes("2027-04-15", "Africa/Cairo"), "2027-04-29T22:00:00Z") << "that midnight is skipped";
}

TEST(check_for, refuses_of_a_guest_what_only_a_property_has)
{
    const sub_ratings all{5, 4, 3, 2, 1, 5};
    EXPECT_TRUE(check_for(direction::guest_to_property, all));
    EXPECT_TRUE(check_for(direction::host_to_guest, {5, {}, {}, 4, {}, {}}));
    const auto refused = check_for(direction::host_to_guest, all);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::invalid_input);
    std::vector<std::string> named;
    for (const auto& f : refused.error().fields) named.push_back(f.pointer);
    EXPECT_EQ(named, (std::vector<std::string>{"/accuracy", "/check_in", "/location", "/value"}));
}

}  // namespace
}  // namespace roost::reviews
