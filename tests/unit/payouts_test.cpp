#include <gtest/gtest.h>

#include <random>

#include "payments/ledger.hpp"
#include "payments/payouts/earnings.hpp"

namespace roost::payments {
namespace {

using namespace std::chrono_literals;

money eur(std::int64_t minor) { return {minor, *currency::parse("EUR")}; }

earning of(std::int64_t earned, std::int64_t paid_out, int nights, int due, bool frozen = false)
{
    return {booking_id::make(), eur(earned), eur(paid_out), nights, due, std::nullopt, frozen};
}

TEST(payouts, what_is_due_is_payable_and_the_rest_is_later)
{
    const std::vector open{of(1000, 0, 2, 2), of(500, 0, 3, 0)};
    const auto w = weigh(eur(1500), open);
    EXPECT_EQ(w.payable, eur(1000));
    EXPECT_EQ(w.later, eur(500));
    EXPECT_EQ(w.held, eur(0));
    ASSERT_EQ(w.items.size(), 1u);
    EXPECT_EQ(w.items[0].booking, open[0].booking);
}

TEST(payouts, what_belongs_to_no_booking_is_payable)
{
    const auto w = weigh(eur(1070), std::vector{of(1000, 0, 2, 0)});
    EXPECT_EQ(w.payable, eur(70));
    ASSERT_EQ(w.items.size(), 1u);
    EXPECT_EQ(w.items[0].booking, std::nullopt);
}

TEST(payouts, what_is_left_for_later_belongs_to_no_booking)
{
    auto w = weigh(eur(1070), std::vector{of(1000, 0, 2, 2)});
    w.leave(eur(0));
    EXPECT_EQ(w.items.size(), 2u);
    w.leave(eur(70));
    EXPECT_EQ(w.payable, eur(1000));
    EXPECT_EQ(w.items.size(), 1u);
    w.leave(eur(300));
    EXPECT_EQ(w.payable, eur(700));
    ASSERT_EQ(w.items.size(), 2u);
    EXPECT_EQ(w.items[1].booking, std::nullopt);
    EXPECT_EQ(w.items[1].amount, eur(-300));
}

TEST(payouts, what_was_paid_too_much_is_set_off_also_where_it_is_frozen)
{
    const auto w = weigh(eur(100), std::vector{of(0, 400, 2, 2, true), of(500, 0, 2, 2)});
    EXPECT_EQ(w.payable, eur(100));
    EXPECT_EQ(w.held, eur(0));
    EXPECT_EQ(weigh(eur(-400), std::vector{of(0, 400, 2, 2)}).payable, eur(-400));
}

TEST(payouts, what_is_frozen_is_held_and_takes_nothing_from_others)
{
    const auto w = weigh(eur(900), std::vector{of(400, 0, 2, 2, true), of(500, 0, 2, 2)});
    EXPECT_EQ(w.payable, eur(500));
    EXPECT_EQ(w.held, eur(400));
}

TEST(payouts, the_parts_of_a_long_stay_add_up_to_the_whole)
{
    std::int64_t paid = 0;
    for (const int due : {0, 31, 59, 90, 95})
    {
        const auto w = weigh(eur(100'001 - paid), std::vector{of(100'001, paid, 95, due)});
        EXPECT_EQ(w.payable.minor(), 100'001 * due / 95 - paid);
        paid += w.payable.minor();
    }
    EXPECT_EQ(paid, 100'001);
    const std::int64_t most = 4'000'000'000'000'000'000;
    EXPECT_EQ(weigh(eur(most), std::vector{of(most, 0, 90, 45)}).payable, eur(most / 2));
}

TEST(payouts, the_parts_of_a_balance_are_the_balance_and_items_are_what_is_payable)
{
    std::mt19937_64 random{20261127};
    const auto up_to = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>{0, most}(random); };
    for (int round = 0; round < 2'000; ++round)
    {
        const auto balance = eur(up_to(2'000'000) - 1'000'000);
        std::vector<earning> open;
        for (auto n = up_to(6); n > 0; --n)
        {
            const auto nights = static_cast<int>(1 + up_to(100));
            open.push_back(of(up_to(100'000), up_to(100'000), nights, static_cast<int>(up_to(nights)), up_to(3) == 0));
        }
        const auto w = weigh(balance, open);
        EXPECT_EQ(w.payable + w.later + w.held, balance);
        auto sum = eur(0);
        for (const auto& item : w.items)
        {
            EXPECT_NE(item.amount, eur(0));
            sum += item.amount;
        }
        EXPECT_EQ(sum, w.payable);
        EXPECT_GE(w.later.minor(), 0);
        EXPECT_GE(w.held.minor(), 0);
    }
}

TEST(payouts, a_batch_is_of_the_last_day_whose_hour_has_come)
{
    payout_terms t{.payable_from = payable_from::check_in,
                   .schedule = payout_schedule::daily,
                   .weekday = weekday::wednesday,
                   .hour = 9h,
                   .wait = 24h,
                   .minimum = {}};
    const auto at = [](std::string_view text) { return *parse_instant(text); };
    EXPECT_EQ(format(last_batch(t, at("2027-03-28T09:00:00Z"))), "2027-03-28");
    EXPECT_EQ(format(last_batch(t, at("2027-03-28T08:59:59Z"))), "2027-03-27");
    EXPECT_EQ(format(moment_of(t, *parse_date("2027-03-28"))), "2027-03-28T09:00:00Z");
    t.schedule = payout_schedule::weekly;  // 2027-03-31 is a Wednesday
    EXPECT_EQ(format(last_batch(t, at("2027-03-31T08:59:59Z"))), "2027-03-24");
    EXPECT_EQ(format(last_batch(t, at("2027-03-31T09:00:00Z"))), "2027-03-31");
    EXPECT_EQ(format(last_batch(t, at("2027-04-06T23:59:59Z"))), "2027-03-31");
    t.weekday = weekday::sunday;
    EXPECT_EQ(format(last_batch(t, at("2027-04-04T09:00:00Z"))), "2027-04-04");
}

TEST(payouts, amounts_are_written_by_currency)
{
    const auto some = amounts_of({"EUR:1000", "JPY:0"}, "setting");
    ASSERT_TRUE(some);
    EXPECT_EQ(amount_in(*some, *currency::parse("EUR")), 1000);
    EXPECT_EQ(amount_in(*some, *currency::parse("CHF")), 0);
    for (const auto* wrong : {"EUR", "EUR:", ":5", "", "EURO:5", "eur:5", "EUR:-5", "EUR:5x", "EUR:5:5"})
        EXPECT_FALSE(amounts_of({wrong}, "setting")) << wrong;
}

TEST(payouts, every_journal_adds_up)
{
    const parties who{provider::sandbox, "a host"};
    const auto sum = [](const std::vector<entry>& entries) {
        auto total = eur(0);
        for (const auto& e : entries) total += e.amount;
        return total;
    };
    const shares before{eur(50), eur(30), eur(20)}, after{eur(25), eur(15), eur(10)};
    for (const auto& entries :
         {payout_begun(who, eur(7)), payout_paid(who, eur(7)), payout_returned(who, eur(7), true),
          payout_returned(who, eur(7), false), dispute_moved(who, eur(100), eur(15)),
          dispute_moved(who, eur(-100), eur(0)), dispute_lost(who, eur(5), before, after, eur(3))})
    {
        EXPECT_EQ(sum(entries), eur(0));
        EXPECT_GE(entries.size(), 2u);
    }
    EXPECT_EQ(payout_returned(who, eur(7), true)[0].account, account::gateway_cash);
    EXPECT_EQ(payout_returned(who, eur(7), false)[0].account, account::payout_in_transit);
}

}  // namespace
}  // namespace roost::payments
