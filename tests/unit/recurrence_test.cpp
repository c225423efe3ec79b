#include "feeds/recurrence.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace roost::feeds {
namespace {

date day(std::string_view text) { return *parse_date(text); }

std::vector<date> days_of(const std::string& rule, date start, date last)
{
    std::vector<date> found;
    long budget = 1'000'000;
    const auto parsed = parse_recurrence(rule);
    EXPECT_TRUE(parsed && expand(*parsed, {start}, last, budget, [&](date d) { found.push_back(d); })) << rule;
    return found;
}

TEST(recurrence, understands_the_examples_of_the_standard)
{
    const auto start = day("1997-09-02");
    EXPECT_EQ(days_of("FREQ=DAILY;COUNT=10", start, day("2030-01-01")).back(), day("1997-09-11"));
    EXPECT_EQ(days_of("FREQ=DAILY;UNTIL=19971224T000000Z", start, day("2030-01-01")).size(), 114U);
    EXPECT_EQ(days_of("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", start, day("2030-01-01")),
              (std::vector{day("1997-09-26"), day("1997-10-31"), day("1997-11-28")}));
    EXPECT_EQ(days_of("FREQ=YEARLY;INTERVAL=3;COUNT=3;BYYEARDAY=1,100,200", day("1997-01-01"), day("2030-01-01")),
              (std::vector{day("1997-01-01"), day("1997-04-10"), day("1997-07-19")}));
    EXPECT_EQ(days_of("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", day("1997-09-29"), day("2030-01-01")),
              (std::vector{day("1997-09-30"), day("1997-10-31")}));
}

TEST(recurrence, refuses_what_it_does_not_understand)
{
    for (const auto* text : {"", "COUNT=3", "FREQ=SECONDLY;COUNT=1000000000", "FREQ=HOURLY", "FREQ=YEARLY;BYWEEKNO=20",
                             "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=99999999999", "FREQ=DAILY;COUNT=-1",
                             "FREQ=DAILY;UNTIL=20261341", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=",
                             "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=DAILY;X=1", "FREQ", "FREQ=DAILY;;COUNT=1"})
        EXPECT_FALSE(parse_recurrence(text)) << text;
}

TEST(recurrence, costs_no_more_than_its_budget)
{
    const auto never = *parse_recurrence("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30");
    long budget = 10'000;
    EXPECT_TRUE(expand(never, {day("2026-01-01")}, day("2035-12-31"), budget, [](date) { FAIL(); }));
    EXPECT_FALSE(expand(never, {day("1901-01-01")}, day("2035-12-31"), budget, [](date) { FAIL(); }));
}

}  // namespace
}  // namespace roost::feeds
