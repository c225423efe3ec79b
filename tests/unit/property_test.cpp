#include "properties/property.hpp"

#include <gtest/gtest.h>

namespace roost {
namespace {

const auto new_york = *time_zone::parse("America/New_York");
const auto auckland = *time_zone::parse("Pacific/Auckland");

date_range stay(std::string_view from, std::string_view to) { return {*parse_date(from), *parse_date(to)}; }
instant at(std::string_view text) { return *parse_instant(text); }

/// Names of the fields refused, "-" between.
std::string refused(const stay_rules& rules, const time_zone& zone, date_range nights, instant now)
{
    std::string out;
    if (const auto e = refusal(rules, zone, nights, now))
        for (const auto& f : e->fields) out += (out.empty() ? "" : "-") + f.pointer;
    return out;
}

TEST(refusal, takes_what_no_rule_forbids)
{
    EXPECT_EQ(refused({}, new_york, stay("2026-12-01", "2026-12-02"), at("2026-12-01T20:00:00Z")), "");
}

TEST(refusal, counts_nights)
{
    stay_rules rules;
    rules.min_nights = 2, rules.max_nights = 5;
    const auto now = at("2026-11-01T12:00:00Z");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-01", "2026-12-02"), now), "/check_out");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-01", "2026-12-03"), now), "");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-01", "2026-12-06"), now), "");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-01", "2026-12-07"), now), "/check_out");
}

TEST(refusal, knows_what_day_it_is_there)
{
    // 03:30 UTC on the 2nd: still the 1st in New York, the 2nd in Auckland.
    const auto now = at("2026-12-02T03:30:00Z");
    EXPECT_EQ(refused({}, new_york, stay("2026-12-01", "2026-12-02"), now), "");
    EXPECT_EQ(refused({}, auckland, stay("2026-12-01", "2026-12-02"), now), "/check_in");
}

TEST(refusal, closes_the_day_at_the_cutoff_hour)
{
    stay_rules rules;
    rules.same_day_cutoff_hour = 18;
    const auto tonight = stay("2026-12-01", "2026-12-02");
    EXPECT_EQ(refused(rules, new_york, tonight, at("2026-12-01T22:59:59Z")), "");
    EXPECT_EQ(refused(rules, new_york, tonight, at("2026-12-01T23:00:00Z")), "/check_in");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-02", "2026-12-03"), at("2026-12-01T23:00:00Z")), "");
    rules.same_day_cutoff_hour = 0;
    EXPECT_EQ(refused(rules, new_york, tonight, at("2026-12-01T05:00:00Z")), "/check_in");
}

TEST(refusal, keeps_notice_and_window_to_the_day)
{
    stay_rules rules;
    rules.advance_notice_days = 2, rules.booking_window_days = 10;
    const auto now = at("2026-12-01T17:00:00Z");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-02", "2026-12-03"), now), "/check_in");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-03", "2026-12-04"), now), "");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-11", "2026-12-12"), now), "");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-12", "2026-12-13"), now), "/check_in");
}

TEST(refusal, closes_weekdays_to_arrival_and_departure)
{
    stay_rules rules;
    rules.closed_to_arrival = {weekday::sunday};
    rules.closed_to_departure = {weekday::monday};
    const auto now = at("2026-11-21T12:00:00Z");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-05", "2026-12-06"), now), "");
    EXPECT_EQ(refused(rules, new_york, stay("2026-12-06", "2026-12-07"), now), "/check_in-/check_out");
}

TEST(parse_time_of_day, takes_the_clock_and_nothing_else)
{
    EXPECT_EQ(parse_time_of_day("15:00"), std::chrono::hours{15});
    EXPECT_EQ(parse_time_of_day("23:59"), std::chrono::minutes{1439});
    for (const auto* bad : {"24:00", "15:60", "15:0", "1500", "15-00", " 5:00", "1a:00", ""})
        EXPECT_EQ(parse_time_of_day(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace roost
