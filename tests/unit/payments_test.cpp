#include <gtest/gtest.h>

#include <random>

#include "payments/ledger.hpp"
#include "payments/payment.hpp"

namespace roost::payments {
namespace {

using enum payment_status;
using bookings::booking_status;

constexpr auto count = enum_names<payment_status>.size();
constexpr payment_status at(std::size_t i) { return static_cast<payment_status>(i); }

/// Money that came never becomes money that did not come.
consteval bool nothing_undoes_a_capture()
{
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < count; ++j)
            if (is_captured(at(i)) && !is_captured(at(j)) && may_become(at(i), at(j))) return false;
    return true;
}

/// From wherever, late money is seen.
consteval bool money_is_always_seen()
{
    for (std::size_t i = 0; i < count; ++i)
        if (!is_captured(at(i)) && !may_become(at(i), succeeded)) return false;
    return true;
}

static_assert(nothing_undoes_a_capture());
static_assert(money_is_always_seen());
static_assert(!may_become(failed, requires_action) && !may_become(cancelled, pending), "old answers change nothing");
static_assert(!may_become(cancelled, authorized) && !may_become(authorized, pending));

constexpr standing waiting{.status = requires_action,
                           .purpose = payment_purpose::booking,
                           .known = true,
                           .applied = false,
                           .abandoned = false,
                           .booking = booking_status::awaiting_payment};

constexpr standing with(auto change)
{
    auto s = waiting;
    change(s);
    return s;
}

static_assert(step_of(waiting) == next_step::query);
static_assert(step_of(with([](standing& s) { s.known = false; })) == next_step::begin);
static_assert(step_of(with([](standing& s) { s.abandoned = true; })) == next_step::cancel);
static_assert(step_of(with([](standing& s) { s.booking = booking_status::expired; })) == next_step::cancel);
static_assert(step_of(with([](standing& s) { s.purpose = payment_purpose::alteration; })) == next_step::cancel);
static_assert(step_of(with([](standing& s) { s.status = failed; })) == next_step::query);
static_assert(step_of(with([](standing& s) { s.status = succeeded; })) == next_step::nothing);

constexpr standing held = with([](standing& s) { s.status = authorized, s.applied = true; });
static_assert(step_of(held) == next_step::capture);

TEST(payments, what_is_held_is_taken_once_the_host_accepts_and_let_go_when_not)
{
    auto s = held;
    s.booking = booking_status::requested;
    EXPECT_EQ(step_of(s), next_step::query);
    for (const auto over : {booking_status::declined, booking_status::expired, booking_status::cancelled_by_guest,
                            booking_status::confirmed})
    {
        s.booking = over;
        EXPECT_EQ(step_of(s), next_step::cancel) << name_of(over);
    }
    s = held;
    s.applied = false;
    EXPECT_EQ(step_of(s), next_step::cancel) << "another payment has the booking";
}

money eur(std::int64_t minor) { return {minor, *currency::parse("EUR")}; }
shares in_euros(std::int64_t host, std::int64_t revenue, std::int64_t tax)
{
    return {eur(host), eur(revenue), eur(tax)};
}

money sum(const std::vector<entry>& entries)
{
    auto total = eur(0);
    for (const auto& e : entries) total += e.amount;
    return total;
}

TEST(ledger, the_smallest_unit_goes_to_the_largest_remainder)
{
    EXPECT_EQ(split(eur(100), in_euros(1, 1, 1)), in_euros(34, 33, 33));
    EXPECT_EQ(split(eur(10), in_euros(650, 249, 101)), in_euros(7, 2, 1));
    EXPECT_EQ(split(eur(0), in_euros(0, 0, 0)), in_euros(0, 0, 0));
    EXPECT_THROW(split(eur(1), in_euros(0, 0, 0)), std::logic_error);
    const std::int64_t most = 4'000'000'000'000'000'000;
    EXPECT_EQ(split(eur(most), in_euros(most / 2, most / 4, most / 4)), in_euros(most / 2, most / 4, most / 4));
}

TEST(ledger, a_price_belongs_to_host_platform_and_tax)
{
    const priced whole{eur(10000), eur(9700), eur(1200), eur(550), eur(0), eur(0), eur(0)};
    EXPECT_EQ(claims_of(whole), in_euros(9700, 1500, 550));
    const priced half{eur(10000), eur(9700), eur(1200), eur(550), eur(5000), eur(0), eur(275)};
    EXPECT_EQ(claims_of(half), in_euros(4850, 1350, 275));
    const priced nothing{eur(10000), eur(9700), eur(1200), eur(550), eur(10000), eur(1200), eur(550)};
    EXPECT_EQ(claims_of(nothing), in_euros(0, 0, 0));
    EXPECT_EQ(owners_of(eur(50), claims_of(nothing), in_euros(75, 15, 10)), in_euros(38, 7, 5));
}

/// Whatever is captured, altered, given back and in which parts: every journal is zero, and at the end so is all.
TEST(ledger, every_journal_adds_up_whatever_happens)
{
    std::mt19937_64 random{20261127};
    const auto up_to = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>{0, most}(random); };
    const parties who{provider::sandbox, "a host"};
    for (int round = 0; round < 2'000; ++round)
    {
        const auto accommodation = 1 + up_to(1'000'000), payout = up_to(accommodation);
        priced p{eur(accommodation), eur(payout), eur(up_to(100'000)), eur(up_to(100'000)), eur(0), eur(0), eur(0)};
        const auto total = claims_of(p).sum();
        auto so_far = in_euros(0, 0, 0);
        auto paid = eur(0);
        const auto go_to = [&](money to) {
            const auto after = owners_of(to, claims_of(p), so_far);
            EXPECT_EQ(after.sum(), to);
            const auto fee = eur(up_to(50));
            const auto more = to - paid;
            const auto posted =
                more.minor() > 0 ? captured(who, more, fee, so_far, after) : owed(who, -more, so_far, after);
            EXPECT_EQ(sum(posted), eur(0));
            so_far = after, paid = to;
        };
        go_to(eur(1 + up_to(total.minor() - 1)));
        go_to(total);
        EXPECT_EQ(so_far, claims_of(p)) << "a price that is paid is divided as it says";
        p.accommodation_back = eur(up_to(accommodation));
        p.guest_fee_back = eur(up_to(p.guest_fee.minor()));
        p.tax_back = eur(up_to(p.tax.minor()));
        go_to(claims_of(p).sum());
        EXPECT_EQ(so_far, claims_of(p));
        go_to(eur(0));
        EXPECT_EQ(so_far, in_euros(0, 0, 0));
        EXPECT_EQ(sum(given_back(who, total)), eur(0));
        EXPECT_EQ(sum(captured_to_give_back(who, total, eur(3))), eur(0));
    }
}

}  // namespace
}  // namespace roost::payments
