#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "bookings/booking.hpp"
#include "core/enums.hpp"
#include "core/id.hpp"
#include "core/money.hpp"

/// What a payment is and how it may move (domain rules, 1 and 4.8): values and rules only.
namespace roost::payments {

using payment_id = id<struct payment_tag>;
using refund_id = id<struct refund_tag>;
using payout_id = id<struct payout_tag>;
using dispute_id = id<struct dispute_tag>;
using adjustment_id = id<struct adjustment_tag>;

/// The names are API and stand in the database, as all below.
enum class provider : std::uint8_t
{
    sandbox,  // ours, for development: no money moves
    stripe,
    paystack,
    mpesa,
    paypal,
};
constexpr auto names_of(provider)
{
    return std::to_array<std::string_view>({"sandbox", "stripe", "paystack", "mpesa", "paypal"});
}

enum class payment_method : std::uint8_t
{
    card,
    mobile_money,
    bank_transfer,
    paypal,
};
constexpr auto names_of(payment_method)
{
    return std::to_array<std::string_view>({"card", "mobile_money", "bank_transfer", "paypal"});
}

/// What a payment is for; a booking is paid once for each.
enum class payment_purpose : std::uint8_t
{
    booking,
    alteration,
};
constexpr auto names_of(payment_purpose) { return std::to_array<std::string_view>({"booking", "alteration"}); }

/// Whether the money is taken at once, or held until the host has accepted.
enum class capture_mode : std::uint8_t
{
    automatic,
    manual,
};
constexpr auto names_of(capture_mode) { return std::to_array<std::string_view>({"automatic", "manual"}); }

enum class payment_status : std::uint8_t
{
    pending,
    requires_action,
    authorized,
    succeeded,
    failed,
    cancelled,
    partially_refunded,
    refunded,
};
constexpr auto names_of(payment_status)
{
    return std::to_array<std::string_view>({"pending", "requires_action", "authorized", "succeeded", "failed",
                                            "cancelled", "partially_refunded", "refunded"});
}

/// One legal step. What providers say arrives in any order, so whatever would lead back is not believed.
struct payment_step
{
    payment_status from, to;
};

inline constexpr auto payment_steps = std::to_array<payment_step>({
    {payment_status::pending, payment_status::requires_action},
    {payment_status::pending, payment_status::authorized},
    {payment_status::pending, payment_status::succeeded},
    {payment_status::pending, payment_status::failed},
    {payment_status::pending, payment_status::cancelled},

    {payment_status::requires_action, payment_status::pending},
    {payment_status::requires_action, payment_status::authorized},
    {payment_status::requires_action, payment_status::succeeded},
    {payment_status::requires_action, payment_status::failed},
    {payment_status::requires_action, payment_status::cancelled},

    {payment_status::authorized, payment_status::succeeded},
    {payment_status::authorized, payment_status::failed},
    {payment_status::authorized, payment_status::cancelled},

    // Money that came late is there all the same.
    {payment_status::failed, payment_status::succeeded},
    {payment_status::cancelled, payment_status::succeeded},

    {payment_status::succeeded, payment_status::partially_refunded},
    {payment_status::succeeded, payment_status::refunded},
    {payment_status::partially_refunded, payment_status::refunded},
});

constexpr bool may_become(payment_status from, payment_status to)
{
    for (const auto& s : payment_steps)
        if (s.from == from && s.to == to) return true;
    return false;
}

/// The guest or the provider has yet to do something.
constexpr bool is_open(payment_status s)
{
    return s == payment_status::pending || s == payment_status::requires_action;
}

/// The money came.
constexpr bool is_captured(payment_status s)
{
    return s == payment_status::succeeded || s == payment_status::partially_refunded || s == payment_status::refunded;
}

/// Of one whose money came, by what has gone back.
constexpr payment_status status_after_refunds(money captured, money refunded)
{
    if (refunded.minor() == 0) return payment_status::succeeded;
    return refunded == captured ? payment_status::refunded : payment_status::partially_refunded;
}

/// What to ask of the provider.
enum class next_step : std::uint8_t
{
    nothing,
    begin,    // again, with the same key: its answer never came
    query,    // how it stands
    capture,  // take what is held
    cancel,   // nobody waits for it any more
};

/// All that decides it.
struct standing
{
    payment_status status;
    payment_purpose purpose;
    bool known;      // the provider has answered before
    bool applied;    // the booking counts on it
    bool abandoned;  // by the guest
    bookings::booking_status booking;
};

constexpr bool still_wanted(const standing& s)
{
    if (s.abandoned) return false;
    return s.purpose == payment_purpose::booking ? is_pending(s.booking) : is_firm(s.booking);
}

/// From the state alone, so that it does not matter how often or in which order anybody asks.
constexpr next_step step_of(const standing& s)
{
    if (is_captured(s.status)) return next_step::nothing;
    if (!s.known) return next_step::begin;
    if (s.status == payment_status::authorized)
    {
        if (!s.applied || !still_wanted(s)) return next_step::cancel;
        return s.booking == bookings::booking_status::requested ? next_step::query : next_step::capture;
    }
    if (is_open(s.status) && !still_wanted(s)) return next_step::cancel;
    return next_step::query;
}

enum class refund_status : std::uint8_t
{
    pending,
    succeeded,
    failed,
};
constexpr auto names_of(refund_status) { return std::to_array<std::string_view>({"pending", "succeeded", "failed"}); }

/// How far the money is on its way to a host.
enum class payout_status : std::uint8_t
{
    pending,
    paid,
    failed,
};
constexpr auto names_of(payout_status) { return std::to_array<std::string_view>({"pending", "paid", "failed"}); }

enum class dispute_status : std::uint8_t
{
    open,
    won,  // the money is ours again
    lost,
};
constexpr auto names_of(dispute_status) { return std::to_array<std::string_view>({"open", "won", "lost"}); }

/// Why money goes back.
enum class refund_cause : std::uint8_t
{
    cancellation,
    alteration,
    admin,
    not_taken,  // it came too late, twice, or was not the amount that was asked for
    dispute,    // the bank has given it back
};
constexpr auto names_of(refund_cause)
{
    return std::to_array<std::string_view>({"cancellation", "alteration", "admin", "not_taken", "dispute"});
}

}  // namespace roost::payments
