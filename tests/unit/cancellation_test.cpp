#include "bookings/cancellation.hpp"

#include <gtest/gtest.h>

#include <random>

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
                             // at check-in time the first night has begun: that one and one more are kept
                             vector_of_4_3{flexible, 0, 20'000, 0, 1'000}));

TEST(cancellation, less_than_a_day_before_flexible_keeps_the_first_night)
{
    const auto now = paris.at(check_in, three_pm) - 1us;
    EXPECT_EQ(refund_of(four_nights(), terms_of(flexible), actor::guest, now).accommodation, euros(30'000));
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

TEST(cancellation, refunds_stay_between_nothing_and_the_price_and_fall_with_time)
{
    std::mt19937_64 random{1};
    const auto up_to = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>{0, most}(random); };
    for (int round = 0; round < 2'000; ++round)
    {
        auto stay = four_nights();
        stay.check_out = check_in + days{1 + up_to(364)};
        stay.accommodation = euros(up_to(1'000'000'000'000'000));
        stay.tax = euros(up_to(1'000'000'000'000'000));
        for (const auto policy : {flexible, moderate, limited, firm, strict, non_refundable})
        {
            auto before = euros(stay.accommodation.minor() + stay.guest_fee.minor() + stay.tax.minor());
            for (auto now = stay.booked_at; now < paris.at(stay.check_out + days{2}, 0min); now += 24h * 3 + 7h)
            {
                const auto back = refund_of(stay, terms_of(policy), actor::guest, now).total();
                ASSERT_LE(back.minor(), before.minor());
                ASSERT_GE(back.minor(), 0);
                before = back;
            }
        }
    }
}

}  // namespace
}  // namespace roost::bookings
