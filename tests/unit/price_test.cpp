#include "calendar/price.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/dates.hpp"

namespace roost::calendar {
namespace {

using std::chrono::days;

const auto eur = *currency::parse("EUR");
const auto jpy = *currency::parse("JPY");
const auto kwd = *currency::parse("KWD");

money euros(std::int64_t cents) { return {cents, eur}; }

date on(std::string_view text) { return *parse_date(text); }

/// 2027-03-01 is a Monday.
date_range march(int from, int to) { return {on("2027-03-01") + days{from - 1}, on("2027-03-01") + days{to - 1}}; }

rates plain() { return {euros(10'000), euros(3'000)}; }

rates ruled(pricing p)
{
    auto r = plain();
    r.special = rule_set{std::move(p), {}, {}};
    return r;
}

pricing weekends(std::vector<weekday> which, money price)
{
    pricing p;
    p.weekend = std::move(which), p.weekend_price = price;
    return p;
}

pricing guests_beyond(int included, money fee)
{
    pricing p;
    p.included_guests = included, p.extra_guest_fee = fee;
    return p;
}

season summer(int from, int to, std::int64_t price)
{
    const auto nights = march(from, to);
    return {season_id::make(), "Summer", nights.from(), nights.to(), euros(price), {}, {}, {}, {}};
}

std::int64_t sum_of(const std::vector<price_line>& lines)
{
    std::int64_t sum = 0;
    for (const auto& line : lines) sum += line.amount.minor();
    return sum;
}

const price_line* line_of(const stay_price& p, price_line_kind kind)
{
    for (const auto& line : p.lines)
        if (line.kind == kind) return &line;
    return nullptr;
}

TEST(price, adds_up_line_by_line)
{
    const auto p = price_stay({euros(12'050), euros(3'000), 625}, march(1, 4), {}, {1'200, 300});
    ASSERT_EQ(p.lines.size(), 4);
    EXPECT_EQ(p.lines[0].amount, euros(36'150));
    EXPECT_EQ(p.lines[0].rule, night_rule::base);
    EXPECT_EQ(p.accommodation, euros(39'150));
    EXPECT_EQ(p.guest_fee, euros(4'698));
    EXPECT_EQ(p.tax, euros(2'447));  // 2446.875
    EXPECT_EQ(p.total, euros(46'295));
    EXPECT_EQ(p.host_payout(), euros(39'150 - 1'175));  // 1174.5
}

TEST(price, of_a_night_is_the_dates_before_the_seasons_before_the_weekends_before_the_base)
{
    auto r = ruled(weekends({weekday::friday, weekday::saturday}, euros(14'000)));
    r.special->seasons = {summer(6, 9, 20'000)};
    r.special->days = {{on("2027-03-07"), euros(30'000), {}, {}, {}, {}}, {on("2027-03-08"), {}, 2, {}, {}, {}}};
    const auto p = price_stay(r, march(4, 10), {}, {});
    ASSERT_EQ(p.lines.size(), 5);  // with the cleaning
    const auto nights = [&](std::size_t i) {
        return std::tuple{*p.lines[i].rule, *p.lines[i].quantity, p.lines[i].unit_price->minor()};
    };
    EXPECT_EQ(nights(0), (std::tuple{night_rule::base, 2, 10'000}));  // Thursday 4th and Tuesday 9th
    EXPECT_EQ(nights(1), (std::tuple{night_rule::weekend, 1, 14'000}));
    EXPECT_EQ(nights(2), (std::tuple{night_rule::season, 2, 20'000}));  // Saturday 6th and Monday 8th
    EXPECT_EQ(nights(3), (std::tuple{night_rule::date, 1, 30'000}));
    EXPECT_EQ(p.lines[2].description, "Season Summer");
    EXPECT_EQ(p.accommodation, euros(20'000 + 14'000 + 40'000 + 30'000 + 3'000));
}

TEST(price, a_season_without_a_price_changes_none)
{
    auto r = ruled(weekends({weekday::saturday}, euros(14'000)));
    r.special->seasons = {summer(6, 9, 1)};
    r.special->seasons[0].price.reset();
    EXPECT_EQ(price_stay(r, march(6, 8), {}, {}).accommodation, euros(14'000 + 10'000 + 3'000));
}

TEST(price, takes_the_one_best_discount_off_the_nights_alone)
{
    auto r = ruled({});
    r.special->pricing.length_discounts = {{28, 3'000}, {7, 1'000}, {14, 500}};
    EXPECT_EQ(line_of(price_stay(r, march(1, 7), {}, {}), price_line_kind::length_discount), nullptr);
    EXPECT_EQ(price_stay(r, march(1, 8), {}, {}).accommodation, euros(70'000 - 7'000 + 3'000));
    EXPECT_EQ(price_stay(r, march(1, 16), {}, {}).accommodation, euros(150'000 - 15'000 + 3'000));
    const auto month = price_stay(r, march(1, 29), {}, {});
    EXPECT_EQ(month.accommodation, euros(280'000 - 84'000 + 3'000));
    const auto* line = line_of(month, price_line_kind::length_discount);
    EXPECT_EQ(line->description, "30% off stays of 28 nights or more");
    EXPECT_EQ(line->base, euros(280'000));
}

TEST(price, charges_guests_beyond_the_included_each_night)
{
    const auto r = ruled(guests_beyond(2, euros(1'500)));
    EXPECT_EQ(line_of(price_stay(r, march(1, 4), {2}, {}), price_line_kind::extra_guests), nullptr);
    const auto p = price_stay(r, march(1, 4), {4}, {});
    EXPECT_EQ(line_of(p, price_line_kind::extra_guests)->quantity, 6);
    EXPECT_EQ(p.accommodation, euros(30'000 + 9'000 + 3'000));
}

TEST(price, counts_taxed_persons_and_nights)
{
    auto r = ruled({});
    r.special->pricing.taxes = {
        {"City tax", {}, euros(200), 12, 5}, {"VAT", 700, {}, {}, {}}, {"Levy", 500, {}, {}, 7}};
    const auto p = price_stay(r, march(1, 9), {4, {3, 11, 12}}, {});
    ASSERT_EQ(p.lines.size(), 5);
    EXPECT_EQ(p.lines[2].amount, euros(200 * 2 * 5));  // those of 12 years and the grown-up
    EXPECT_EQ(p.lines[2].description, "City tax, 2 persons, first 5 nights");
    EXPECT_EQ(p.lines[3].amount, euros(5'810));
    EXPECT_EQ(p.lines[4].amount, euros(3'631));  // 83000 * 5% * 7/8 = 3631.25
    EXPECT_EQ(p.total, euros(83'000 + 2'000 + 5'810 + 3'631));
}

TEST(price, rounds_a_half_up)
{
    const auto fee = [](std::int64_t price, int bp) {
        return price_stay({euros(price), euros(0)}, march(1, 2), {}, {bp, 0}).guest_fee.minor();
    };
    EXPECT_EQ(fee(20, 1'250), 3);  // 2.5
    EXPECT_EQ(fee(12, 1'250), 2);  // 1.5
    EXPECT_EQ(fee(19, 1'250), 2);  // 2.375
}

TEST(price, stays_exact_at_the_largest_amounts)
{
    constexpr std::int64_t most = 1'000'000'000'000;
    auto r = ruled(guests_beyond(1, euros(largest_personal_amount)));
    r.special->pricing.taxes = std::vector(10, tax_rule{"All", 10'000, {}, {}, 729});
    r.nightly_price = r.cleaning_fee = euros(most);
    r.tax_basis_points = 10'000;
    const auto p = price_stay(r, {on("2027-01-01"), on("2027-01-01") + days{longest_stay}}, {50}, {10'000, 10'000});
    const auto accommodation = 731 * most + 49 * 730 * largest_personal_amount;
    EXPECT_EQ(p.accommodation.minor(), accommodation);
    const auto capped = static_cast<std::int64_t>((static_cast<long double>(accommodation) * 729) / 730 + 0.5L);
    EXPECT_EQ(p.total.minor(), 3 * accommodation + 10 * capped);
    EXPECT_EQ(sum_of(p.lines), p.total.minor());
}

TEST(price, refuses_mixed_currencies)
{
    EXPECT_THROW(price_stay({euros(100), {100, jpy}}, march(1, 2), {}, {}), std::logic_error);
}

TEST(price, says_what_never_comes_back)
{
    for (const auto& line : price_stay(plain(), march(1, 2), {}, {1'200, 0}, {false, false}).lines)
        EXPECT_FALSE(line.refundable);
    for (const auto& line : price_stay(plain(), march(1, 2), {}, {1'200, 0}).lines) EXPECT_TRUE(line.refundable);
}

TEST(price, lines_add_up_for_random_rules)
{
    std::mt19937_64 random{20'261'123};
    const auto below = [&](std::uint64_t n) { return static_cast<int>(random() % n); };
    for (int i = 0; i < 20'000; ++i)
    {
        const auto unit = std::array{eur, jpy, kwd}[random() % 3];
        const auto amount = [&](std::uint64_t most) {
            return money{1 + static_cast<std::int64_t>((random() % most) >> (random() % 40)), unit};
        };
        rates r{amount(1'000'000'000'000), amount(1'000'000'000'000), below(10'001)};
        pricing rules;
        if (below(2))
            rules.weekend = {weekday::friday, weekday::saturday}, rules.weekend_price = amount(1'000'000'000'000);
        if (below(2)) rules.length_discounts = {{7, 1 + below(10'000)}, {28, 1 + below(10'000)}};
        if (below(2)) rules.included_guests = 1 + below(4), rules.extra_guest_fee = amount(largest_personal_amount);
        if (below(2))
            rules.taxes = {{"a", 1 + below(10'000), {}, {}, 1 + below(40)},
                           {"b", {}, amount(largest_personal_amount), {}, {}}};
        r.special = rule_set{rules, {}, {}};
        const auto p = price_stay(r, march(1, 2 + below(60)), {1 + below(8)}, {below(10'001), below(10'001)});
        ASSERT_EQ(p.total, p.accommodation + p.guest_fee + p.tax);
        ASSERT_EQ(sum_of(p.lines), p.total.minor());
        for (const auto& line : p.lines)
            if (line.unit_price)
            {
                ASSERT_EQ(line.amount, *line.unit_price * *line.quantity);
            }
    }
}

}  // namespace
}  // namespace roost::calendar
