#include <gtest/gtest.h>

#include <set>

#include "core/dates.hpp"
#include "core/id.hpp"
#include "core/money.hpp"

using namespace roost;
using namespace std::chrono_literals;

namespace {

money eur(std::int64_t minor) { return {minor, *currency::parse("EUR")}; }
date day(std::string_view text) { return parse_date(text).value(); }

}  // namespace

TEST(money, rounds_each_percentage_once_half_away_from_zero)
{
    EXPECT_EQ(eur(20).basis_points(1'250), eur(3));  // 2.5 → 3
    EXPECT_EQ(eur(-20).basis_points(1'250), eur(-3));
    EXPECT_EQ(eur(10).basis_points(1'249), eur(1));
    EXPECT_EQ(eur(0).basis_points(10'000), eur(0));
    EXPECT_EQ(eur(7).basis_points(10'000), eur(7));
}

TEST(money, refuses_what_would_not_fit_or_mix)
{
    EXPECT_THROW(eur(INT64_MAX) + eur(1), money_overflow);
    EXPECT_THROW(eur(INT64_MAX) * 2, money_overflow);
    EXPECT_THROW(eur(INT64_MAX).basis_points(2), money_overflow);
    EXPECT_THROW(-eur(INT64_MIN), money_overflow);
    EXPECT_THROW(eur(1) + money(1, *currency::parse("USD")), std::logic_error);
}

TEST(currency, knows_the_exponents_of_iso_4217)
{
    EXPECT_EQ(currency::parse("EUR")->exponent(), 2);
    EXPECT_EQ(currency::parse("JPY")->exponent(), 0);
    EXPECT_EQ(currency::parse("KWD")->exponent(), 3);
    for (const auto* bad : {"", "eur", "EU", "EURO", "ZZZ", "DEM"}) EXPECT_FALSE(currency::parse(bad)) << bad;
}

TEST(dates, are_iso_days_and_nothing_else)
{
    EXPECT_EQ(format(day("2028-02-29")), "2028-02-29");
    for (const auto* bad : {"2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026-01-01T", " 2026-01-01", "",
                            "1899-12-31", "3000-01-01", "2026-04-31"})
        EXPECT_FALSE(parse_date(bad)) << bad;
}

TEST(instants, read_any_offset_and_print_utc)
{
    EXPECT_EQ(format(*parse_instant("2026-12-24T15:00:00Z")), "2026-12-24T15:00:00Z");
    EXPECT_EQ(format(*parse_instant("2026-12-24T15:00:00.25+02:00")), "2026-12-24T13:00:00.250000Z");
    EXPECT_EQ(parse_instant("2026-12-31T23:59:59-00:30"), parse_instant("2027-01-01T00:29:59Z"));
    for (const auto* bad : {"2026-12-24", "2026-12-24T15:00Z", "2026-12-24T24:00:00Z", "2026-12-24T15:00:00",
                            "2026-12-24T15:00:00.Z", "2026-12-24 15:00:00Z", "2026-12-24T15:00:60Z"})
        EXPECT_FALSE(parse_instant(bad)) << bad;
}

TEST(date_range, is_half_open_and_never_empty)
{
    const date_range stay{day("2026-03-01"), day("2026-03-04")};
    EXPECT_EQ(stay.nights(), 3);
    EXPECT_FALSE(stay.overlaps({day("2026-03-04"), day("2026-03-05")}));
    EXPECT_TRUE(stay.overlaps({day("2026-03-03"), day("2026-03-05")}));
    EXPECT_THROW(date_range(day("2026-03-01"), day("2026-03-01")), std::invalid_argument);
}

TEST(time_zone, knows_local_days_and_survives_the_clocks_changing)
{
    const auto paris = time_zone::parse("Europe/Paris").value();
    // 2026-03-28 15:00 to 2026-03-30 11:00 is 43 hours of two nights: the clocks go forward in between.
    EXPECT_EQ(paris.at(day("2026-03-30"), 11h) - paris.at(day("2026-03-28"), 15h), 43h);
    EXPECT_EQ(paris.at(day("2026-03-29"), 150min), paris.at(day("2026-03-29"), 3h));  // 02:30 does not exist
    EXPECT_EQ(format(paris.at(day("2026-10-25"), 150min)), "2026-10-25T00:30:00Z");   // 02:30 comes twice: the first
    EXPECT_EQ(time_zone::parse("Pacific/Kiritimati")->day_of(*parse_instant("2026-01-01T10:00:00Z")),
              day("2026-01-02"));
    EXPECT_EQ(time_zone::parse("Pacific/Niue")->day_of(*parse_instant("2026-01-01T10:59:59Z")), day("2025-12-31"));
    EXPECT_FALSE(time_zone::parse("Europe/Atlantis"));
}

TEST(uuid, version_7_is_unique_and_in_order)
{
    std::set<uuid> seen;
    uuid last{};
    for (int i = 0; i < 20'000; ++i)
    {
        const auto next = uuid::v7();
        EXPECT_LT(last, next);
        EXPECT_EQ(next.bytes[6] >> 4, 7);
        EXPECT_EQ(next.bytes[8] >> 6, 2);
        EXPECT_TRUE(seen.insert(next).second);
        last = next;
    }
    EXPECT_EQ(uuid::parse(last.text()), last);
    for (const auto* bad : {"", "0190f5c4", "0190f5c4-0000-7000-8000-00000000000g",
                            "{0190f5c4-0000-7000-8000-000000000000}", "0190f5c4000070008000000000000000"})
        EXPECT_FALSE(uuid::parse(bad)) << bad;
}
