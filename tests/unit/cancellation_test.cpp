#include "bookings/cancellation.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "platform/pg/migrate.hpp"
#include "platform/schema/json.hpp"
#include "unit/pg_fixture.hpp"

namespace roost::bookings {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using enum cancellation_policy;

const auto eur = *currency::parse("EUR");
const auto paris = *time_zone::parse("Europe/Paris");
const date check_in = *parse_date("2026-12-24");
constexpr auto three_pm = 15 * 60min;

money euros(std::int64_t cents) { return {cents, eur}; }

/// The shipped policies, as the migrations write them.
const cancellation_terms& terms_of(cancellation_policy policy)
{
    static const auto shipped = [] {
        const test::scratch_database db;
        pg::migrate_up(db.url, [](const std::string&) {});
        std::map<cancellation_policy, cancellation_terms> all;
        for (const auto p : {flexible, moderate, limited, firm, strict, non_refundable})
        {
            const auto text =
                test::sql(db.url, std::format("select terms from cancellation_policy where code = '{}'", name_of(p)));
            const auto terms = schema::from_json<cancellation_terms>(text);
            if (!terms) throw std::runtime_error(terms.error().detail);
            all.emplace(p, *terms);
        }
        return all;
    }();
    return shipped.at(policy);
}

/// Four nights at 100.00, booked long before.
booked_stay four_nights()
{
    return {.check_in = check_in,
            .check_out = check_in + days{4},
            .check_in_time = three_pm,
            .zone = paris,
            .booked_at = paris.at(check_in - days{100}, 0min),
            .accommodation = euros(40'000),
            .guest_fee = euros(4'000),
            .tax = euros(2'000)};
}

struct vector_of_4_3
{
    cancellation_policy policy;
    int days_before;
    std::int64_t accommodation, fee, tax;
};

class by_guest : public testing::TestWithParam<vector_of_4_3>
{};

TEST_P(by_guest, refunds_as_the_policy_says)
{
    const auto& v = GetParam();
    const auto stay = four_nights();
    const auto now = paris.at(check_in - days{v.days_before}, three_pm);
    const auto back = refund_of(stay, terms_of(v.policy), actor::guest, now);
    EXPECT_EQ(back.accommodation, euros(v.accommodation));
    EXPECT_EQ(back.guest_fee, euros(v.fee));
    EXPECT_EQ(back.tax, euros(v.tax));
}

INSTANTIATE_TEST_SUITE_P(policies, by_guest,
                         testing::Values(
                             // exactly at the cutoff is in time
                             vector_of_4_3{flexible, 1, 40'000, 4'000, 2'000},
                             // three days before: the host keeps one night and half of the other three
                             vector_of_4_3{moderate, 3, 15'000, 0, 750},
                             vector_of_4_3{moderate, 5, 40'000, 4'000, 2'000},
                             vector_of_4_3{limited, 14, 40'000, 4'000, 2'000},
                             vector_of_4_3{limited, 13, 20'000, 0, 1'000}, vector_of_4_3{limited, 7, 20'000, 0, 1'000},
                             vector_of_4_3{limited, 6, 0, 0, 0}, vector_of_4_3{firm, 30, 40'000, 4'000, 2'000},
                             vector_of_4_3{firm, 10, 20'000, 0, 1'000}, vector_of_4_3{firm, 6, 0, 0, 0},
                             vector_of_4_3{strict, 60, 20'000, 0, 1'000}, vector_of_4_3{strict, 6, 0, 0, 0},
                             vector_of_4_3{non_refundable, 90, 0, 0, 0},
                             // at the moment of check-in no night has begun yet: the first is kept
                             vector_of_4_3{flexible, 0, 30'000, 0, 1'500}));

TEST(cancellation, less_than_a_day_before_flexible_keeps_the_first_night)
{
    const auto now = paris.at(check_in, three_pm);
    EXPECT_EQ(refund_of(four_nights(), terms_of(flexible), actor::guest, now).accommodation, euros(30'000));
    EXPECT_EQ(refund_of(four_nights(), terms_of(flexible), actor::guest, now + 1us).accommodation, euros(20'000));
}

TEST(cancellation, after_one_night_flexible_keeps_two)
{
    const auto now = paris.at(check_in + days{1}, 10 * 60min);
    EXPECT_EQ(nights_begun(four_nights(), now), 1);
    EXPECT_EQ(refund_of(four_nights(), terms_of(flexible), actor::guest, now).accommodation, euros(20'000));
}

TEST(cancellation, a_microsecond_late_is_late)
{
    const auto now = paris.at(check_in - days{30}, three_pm) + 1us;
    EXPECT_EQ(refund_of(four_nights(), terms_of(firm), actor::guest, now).accommodation, euros(20'000));
}

TEST(cancellation, grace_gives_everything_back_for_a_day_when_check_in_is_a_week_off)
{
    auto stay = four_nights();
    stay.booked_at = paris.at(check_in - days{8}, three_pm);
    EXPECT_EQ(refund_of(stay, terms_of(strict), actor::guest, stay.booked_at + 24h).total(), euros(46'000));
    EXPECT_EQ(refund_of(stay, terms_of(strict), actor::guest, stay.booked_at + 24h + 1us).total(), euros(0));
    EXPECT_EQ(refund_of(stay, terms_of(non_refundable), actor::guest, stay.booked_at).total(), euros(0));
    stay.booked_at = paris.at(check_in - days{6}, three_pm);
    EXPECT_EQ(refund_of(stay, terms_of(firm), actor::guest, stay.booked_at).total(), euros(0));
}

TEST(cancellation, who_lets_gives_everything_back)
{
    const auto late = paris.at(check_in + days{1}, 10 * 60min);
    EXPECT_EQ(refund_of(four_nights(), terms_of(strict), actor::host, late).total(), euros(46'000));
    EXPECT_EQ(refund_of(four_nights(), terms_of(non_refundable), actor::admin, late).total(), euros(46'000));
}

TEST(cancellation, cutoffs_are_local_days_not_multiples_of_24_hours)
{
    // Clocks in Paris skip an hour on 2026-03-29: one local day before 15:00 is 23 hours before it.
    auto stay = four_nights();
    stay.check_in = *parse_date("2026-03-29");
    stay.check_out = stay.check_in + days{2};
    const auto in_time = paris.at(stay.check_in, three_pm) - 23h;
    EXPECT_EQ(refund_of(stay, terms_of(flexible), actor::guest, in_time).accommodation, euros(40'000));
    EXPECT_EQ(refund_of(stay, terms_of(flexible), actor::guest, in_time + 1us).accommodation, euros(20'000));
}

TEST(cancellation, only_what_was_paid_beyond_what_is_owed_is_due)
{
    EXPECT_EQ(refund_due(euros(46'000), euros(15'750), euros(46'000)), euros(15'750));
    EXPECT_EQ(refund_due(euros(46'000), euros(15'750), euros(40'000)), euros(9'750));
    EXPECT_EQ(refund_due(euros(46'000), euros(15'750), euros(0)), euros(0));
}

TEST(cancellation, who_never_came_is_as_late_as_one_whose_first_night_has_not_begun)
{
    EXPECT_EQ(refund_of_no_show(four_nights(), terms_of(flexible)).accommodation, euros(30'000));
    EXPECT_EQ(refund_of_no_show(four_nights(), terms_of(moderate)).accommodation, euros(15'000));
    EXPECT_EQ(refund_of_no_show(four_nights(), terms_of(firm)).total(), euros(0));
}

TEST(cancellation, the_fee_goes_back_as_the_terms_say)
{
    const auto half = paris.at(check_in - days{7}, three_pm), whole = paris.at(check_in - days{14}, three_pm);
    auto terms = terms_of(limited);
    const auto fee = [&](fee_refund rule, instant now) {
        terms.guest_fee = rule;
        return refund_of(four_nights(), terms, actor::guest, now).guest_fee;
    };
    EXPECT_EQ(fee(fee_refund::never, whole), euros(0));
    EXPECT_EQ(fee(fee_refund::with_everything, half), euros(0));
    EXPECT_EQ(fee(fee_refund::with_everything, whole), euros(4'000));
    EXPECT_EQ(fee(fee_refund::in_proportion, half), euros(2'000));
    terms.guest_fee = fee_refund::never;
    EXPECT_EQ(refund_of(four_nights(), terms, actor::host, half).guest_fee, euros(4'000)) << "the host cancels";
}

TEST(cancellation, lines_say_what_the_terms_ever_give_back)
{
    const auto given = [](const cancellation_terms& terms, int nights = 4) {
        const auto back = given_back_by(terms, nights);
        return std::pair{back.stay, back.guest_fee};
    };
    const std::pair nothing{false, false}, no_fee{true, false}, both{true, true};
    for (const auto p : {flexible, moderate, limited, firm, strict}) EXPECT_EQ(given(terms_of(p)), both);
    EXPECT_EQ(given(terms_of(non_refundable)), nothing);

    auto strict_without_grace = terms_of(strict);
    strict_without_grace.grace.reset();
    EXPECT_EQ(given(strict_without_grace), no_fee) << "the fee goes back with everything, which never does";
    strict_without_grace.guest_fee = fee_refund::in_proportion;
    EXPECT_EQ(given(strict_without_grace), both);
    auto keeps_the_fee = terms_of(flexible);
    keeps_the_fee.guest_fee = fee_refund::never;
    EXPECT_EQ(given(keeps_the_fee), no_fee);

    cancellation_terms late{.tiers = {}, .grace = {}, .late = {2, 5'000}, .guest_fee = fee_refund::in_proportion};
    EXPECT_EQ(given(late, 3), both);
    EXPECT_EQ(given(late, 2), nothing) << "the host keeps two nights";
    late = {.tiers = {}, .grace = {}, .late = {0, 0}, .guest_fee = fee_refund::with_everything};
    EXPECT_EQ(given(late), both);
}

TEST(cancellation, the_nights_of_a_stay_count_alike_where_the_host_keeps_some)
{
    // Two nights at 50.00 and two at 150.00: one kept is a quarter of the whole, whichever it is.
    auto stay = four_nights();
    stay.accommodation = euros(2 * 5'000 + 2 * 15'000);
    const auto late = paris.at(check_in, three_pm), after_one = late + 1h;
    EXPECT_EQ(refund_of(stay, terms_of(flexible), actor::guest, late).accommodation, euros(30'000));
    EXPECT_EQ(refund_of(stay, terms_of(flexible), actor::guest, after_one).accommodation, euros(20'000));
}

TEST(cancellation, terms_under_which_waiting_pays_are_refused)
{
    const cancellation_terms good{{{30, 10'000}, {7, 5'000}, {7 - 1, 5'000}}, {}, {1, 5'000}, {}};
    EXPECT_TRUE(check(good, ""));
    const auto pointers = [](const cancellation_terms& t) {
        std::vector<std::string> all;
        if (const auto done = check(t, "/terms"); !done)
            for (const auto& f : done.error().fields) all.push_back(f.pointer);
        return all;
    };
    using list = std::vector<std::string>;
    EXPECT_EQ(pointers({{{7, 5'000}, {7, 4'000}}, {}, {}, {}}), list{"/terms/tiers/1/days_before"});
    EXPECT_EQ(pointers({{{7, 5'000}, {3, 6'000}}, {}, {}, {}}), list{"/terms/tiers/1/refund_basis_points"});
    EXPECT_EQ(pointers({{{7, 5'000}}, {}, {0, 4'999}, {}}), list{"/terms/late/kept_rest_basis_points"});
    EXPECT_EQ(pointers({{{1, 0}, {9, 1}}, {}, {0, 0}, {}}).size(), 3u);
}

/// Any good terms and any stay.
struct any_case
{
    std::mt19937_64 random;

    std::int64_t up_to(std::int64_t most) { return std::uniform_int_distribution<std::int64_t>{0, most}(random); }

    cancellation_terms terms()
    {
        for (;;)
        {
            cancellation_terms t;
            for (auto n = up_to(4); n > 0; --n)
                t.tiers.push_back({static_cast<int>(up_to(60)), static_cast<int>(up_to(4)) * 2'500});
            std::ranges::sort(t.tiers, std::greater{}, &refund_tier::days_before);
            std::ranges::sort(t.tiers, std::greater{}, &refund_tier::refund_basis_points);
            if (up_to(1)) t.grace = grace_rule{1 + static_cast<int>(up_to(100)), static_cast<int>(up_to(20))};
            t.late = {static_cast<int>(up_to(3)), static_cast<int>(up_to(10'000))};
            t.guest_fee = static_cast<fee_refund>(up_to(2));
            if (check(t, "")) return t;
        }
    }
    booked_stay stay()
    {
        auto s = four_nights();
        static const std::array zones{paris, *time_zone::parse("Pacific/Kiritimati"),
                                      *time_zone::parse("Pacific/Pago_Pago"), *time_zone::parse("Asia/Kathmandu"),
                                      *time_zone::parse("America/New_York")};
        s.zone = zones[static_cast<std::size_t>(up_to(4))];
        s.check_in = check_in + days{up_to(400)};
        s.check_out = s.check_in + days{1 + (up_to(9) ? up_to(9) : up_to(729))};
        s.check_in_time = std::chrono::minutes{up_to(1'439)};
        s.booked_at = s.zone.at(s.check_in - days{up_to(70)}, std::chrono::minutes{up_to(1'439)});
        s.accommodation = euros(up_to(1'000'000'000'000'000));
        s.guest_fee = euros(up_to(1'000'000));
        s.tax = euros(up_to(1'000'000'000'000'000));
        return s;
    }
    instant moment(const booked_stay& s)
    {
        return s.zone.at(s.check_in - days{70}, 0min)
               + std::chrono::seconds{up_to(std::chrono::seconds{s.check_out + days{72} - s.check_in}.count())};
    }
};

TEST(cancellation, refunds_never_exceed_the_price_add_up_and_fall_with_time)
{
    any_case any{std::mt19937_64{1}};
    for (int round = 0; round < 3'000; ++round)
    {
        const auto stay = any.stay();
        const auto terms = any.terms();
        std::vector<instant> moments;
        for (int n = 0; n < 12; ++n) moments.push_back(any.moment(stay));
        std::ranges::sort(moments);
        const auto price = stay.accommodation + stay.guest_fee + stay.tax;
        auto before = price;
        for (const auto now : moments)
        {
            const auto back = refund_of(stay, terms, actor::guest, now);
            ASSERT_LE(back.accommodation.minor(), stay.accommodation.minor());
            ASSERT_LE(back.guest_fee.minor(), stay.guest_fee.minor());
            ASSERT_LE(back.tax.minor(), stay.tax.minor());
            ASSERT_GE(std::min({back.accommodation.minor(), back.guest_fee.minor(), back.tax.minor()}), 0);
            ASSERT_EQ(back.total(), back.accommodation + back.guest_fee + back.tax);
            ASSERT_LE(back.total().minor(), before.minor());
            before = back.total();
            const auto paid = euros(any.up_to(price.minor()));
            ASSERT_LE(refund_due(price, back.total(), paid).minor(), paid.minor());
        }
    }
}

TEST(cancellation, the_schedule_is_what_is_done_at_every_moment)
{
    any_case any{std::mt19937_64{2}};
    for (int round = 0; round < 1'000; ++round)
    {
        const auto stay = any.stay();
        const auto terms = any.terms();
        const auto now = any.moment(stay), end = stay.zone.at(stay.check_out, 10 * 60min);
        const auto steps = refund_schedule(stay, terms, actor::guest, now, end);
        ASSERT_FALSE(steps.empty());
        ASSERT_EQ(steps.back().until, end);
        const auto said_at = [&](instant t) {
            return std::ranges::find_if(steps, [&](const refund_until& s) { return t <= s.until; })->refund;
        };
        for (std::size_t i = 0; i + 1 < steps.size(); ++i)
        {
            ASSERT_LT(steps[i].until, steps[i + 1].until);
            ASSERT_NE(steps[i].refund, steps[i + 1].refund);
            ASSERT_EQ(refund_of(stay, terms, actor::guest, steps[i].until), steps[i].refund) << "in time";
            ASSERT_EQ(refund_of(stay, terms, actor::guest, steps[i].until + 1us), steps[i + 1].refund) << "late";
        }
        for (int n = 0; n < 8; ++n)
            if (const auto t = any.moment(stay); now <= t && t <= end)
            {
                ASSERT_EQ(refund_of(stay, terms, actor::guest, t), said_at(t));
            }
    }
}

/// The control: without the rule that check() asks for, waiting pays.
TEST(cancellation, terms_that_were_not_checked_let_a_guest_gain_by_waiting)
{
    const cancellation_terms bad{{{7, 5'000}}, {}, {0, 0}, {}};
    ASSERT_FALSE(check(bad, ""));
    const auto early = paris.at(check_in - days{7}, three_pm), late = early + 1us;
    EXPECT_LT(refund_of(four_nights(), bad, actor::guest, early).total().minor(),
              refund_of(four_nights(), bad, actor::guest, late).total().minor());
}

}  // namespace
}  // namespace roost::bookings
