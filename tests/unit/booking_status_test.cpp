#include <gtest/gtest.h>

#include "bookings/booking.hpp"

namespace roost::bookings {
namespace {

constexpr auto count = enum_names<booking_status>.size();
constexpr booking_status at(std::size_t i) { return static_cast<booking_status>(i); }

/// Every status is final, pending or firm, and exactly one of them.
consteval bool every_status_has_one_nature()
{
    for (std::size_t i = 0; i < count; ++i)
        if (is_final(at(i)) + is_pending(at(i)) + is_firm(at(i)) != 1) return false;
    return true;
}

/// The one step that leads out of a final status: a payment that came too late.
consteval bool only_late_money_moves_what_is_final()
{
    for (const auto& t : transitions)
        if (is_final(t.from)
            && (t.from != booking_status::expired || t.to != booking_status::confirmed || t.by != actor::system))
            return false;
    return true;
}

/// What moves with time is exactly what is not final, and the step it takes is a legal one of the system.
consteval bool time_moves_what_is_not_final()
{
    for (std::size_t i = 0; i < count; ++i)
    {
        const auto next = after_due(at(i));
        if (next.has_value() == is_final(at(i))) return false;
        if (next && !may_move(at(i), *next, actor::system)) return false;
    }
    return true;
}

/// Left alone, every booking ends.
consteval bool time_ends_everything()
{
    for (std::size_t i = 0; i < count; ++i)
    {
        auto s = at(i);
        for (std::size_t steps = 0; !is_final(s); ++steps)
        {
            if (steps == count) return false;
            s = *after_due(s);
        }
    }
    return true;
}

consteval bool no_step_is_listed_twice()
{
    for (std::size_t i = 0; i < transitions.size(); ++i)
        for (std::size_t j = i + 1; j < transitions.size(); ++j)
            if (transitions[i].from == transitions[j].from && transitions[i].to == transitions[j].to
                && transitions[i].by == transitions[j].by)
                return false;
    return true;
}

static_assert(every_status_has_one_nature());
static_assert(only_late_money_moves_what_is_final());
static_assert(time_moves_what_is_not_final());
static_assert(time_ends_everything());
static_assert(no_step_is_listed_twice());

using enum booking_status;
static_assert(!may_move(awaiting_payment, confirmed, actor::guest), "a client never confirms its own payment");
static_assert(!may_move(awaiting_payment, confirmed, actor::host), "nor does the host");
static_assert(!may_move(requested, confirmed, actor::guest), "a guest does not accept the own request");
static_assert(!may_move(requested, cancelled_by_host, actor::host), "a host declines a request");
static_assert(is_final(expired) && is_final(declined) && is_final(no_show) && is_final(completed));
static_assert(is_final(cancelled_by_guest) && is_final(cancelled_by_host) && is_final(cancelled_by_admin));

TEST(booking_status, cancelling_is_named_after_who_cancels)
{
    EXPECT_EQ(cancelled_by(actor::guest), cancelled_by_guest);
    EXPECT_EQ(cancelled_by(actor::host), cancelled_by_host);
    EXPECT_EQ(cancelled_by(actor::admin), cancelled_by_admin);
}

TEST(booking_status, names_round_trip)
{
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(parse_enum<booking_status>(name_of(at(i))), at(i));
    EXPECT_FALSE(parse_enum<booking_status>("Hold"));
}

}  // namespace
}  // namespace roost::bookings
