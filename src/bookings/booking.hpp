#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/enums.hpp"

/// What a booking is and how it may move (domain rules, 4.1): values and rules only.
namespace roost::bookings {

/// The names are API and stand in the database.
enum class booking_status : std::uint8_t
{
    hold,
    awaiting_payment,
    requested,
    confirmed,
    in_stay,
    completed,
    expired,
    declined,
    cancelled_by_guest,
    cancelled_by_host,
    cancelled_by_admin,
    no_show,
};

constexpr auto names_of(booking_status)
{
    using namespace std::literals;
    return std::array{"hold"sv,
                      "awaiting_payment"sv,
                      "requested"sv,
                      "confirmed"sv,
                      "in_stay"sv,
                      "completed"sv,
                      "expired"sv,
                      "declined"sv,
                      "cancelled_by_guest"sv,
                      "cancelled_by_host"sv,
                      "cancelled_by_admin"sv,
                      "no_show"sv};
}

/// Who moves a booking. `system` is the passing of time, or a payment that a provider vouched for.
enum class actor : std::uint8_t
{
    guest,
    host,
    admin,
    system,
};

constexpr auto names_of(actor)
{
    using namespace std::literals;
    return std::array{"guest"sv, "host"sv, "admin"sv, "system"sv};
}

/// One legal step. There is no other way from one status to another.
struct transition
{
    booking_status from, to;
    actor by;
};

inline constexpr auto transitions = std::to_array<transition>({
    {booking_status::hold, booking_status::awaiting_payment, actor::guest},
    {booking_status::hold, booking_status::requested, actor::guest},
    {booking_status::hold, booking_status::cancelled_by_guest, actor::guest},
    {booking_status::hold, booking_status::cancelled_by_admin, actor::admin},
    {booking_status::hold, booking_status::expired, actor::system},

    {booking_status::awaiting_payment, booking_status::confirmed, actor::system},
    {booking_status::awaiting_payment, booking_status::cancelled_by_guest, actor::guest},
    {booking_status::awaiting_payment, booking_status::cancelled_by_host, actor::host},
    {booking_status::awaiting_payment, booking_status::cancelled_by_admin, actor::admin},
    {booking_status::awaiting_payment, booking_status::expired, actor::system},

    {booking_status::requested, booking_status::confirmed, actor::host},
    {booking_status::requested, booking_status::awaiting_payment, actor::host},
    {booking_status::requested, booking_status::declined, actor::host},
    {booking_status::requested, booking_status::cancelled_by_guest, actor::guest},
    {booking_status::requested, booking_status::cancelled_by_admin, actor::admin},
    {booking_status::requested, booking_status::expired, actor::system},

    // A payment that came too late, where the nights are still free.
    {booking_status::expired, booking_status::confirmed, actor::system},

    {booking_status::confirmed, booking_status::in_stay, actor::system},
    {booking_status::confirmed, booking_status::cancelled_by_guest, actor::guest},
    {booking_status::confirmed, booking_status::cancelled_by_host, actor::host},
    {booking_status::confirmed, booking_status::cancelled_by_admin, actor::admin},

    {booking_status::in_stay, booking_status::completed, actor::system},
    {booking_status::in_stay, booking_status::no_show, actor::host},
    {booking_status::in_stay, booking_status::no_show, actor::admin},
    {booking_status::in_stay, booking_status::cancelled_by_guest, actor::guest},
    {booking_status::in_stay, booking_status::cancelled_by_host, actor::host},
    {booking_status::in_stay, booking_status::cancelled_by_admin, actor::admin},
});

constexpr bool may_move(booking_status from, booking_status to, actor by)
{
    for (const auto& t : transitions)
        if (t.from == from && t.to == to && t.by == by) return true;
    return false;
}

/// Occupies its nights only until it is due.
constexpr bool is_pending(booking_status s)
{
    return s == booking_status::hold || s == booking_status::awaiting_payment || s == booking_status::requested;
}

/// Occupies its nights for good.
constexpr bool is_firm(booking_status s) { return s == booking_status::confirmed || s == booking_status::in_stay; }

/// Nothing moves it any more, but for a late payment.
constexpr bool is_final(booking_status s) { return !is_pending(s) && !is_firm(s); }

/// Where a booking goes when nothing but time passes; nothing when it stays.
constexpr std::optional<booking_status> after_due(booking_status s)
{
    if (is_pending(s)) return booking_status::expired;
    if (s == booking_status::confirmed) return booking_status::in_stay;
    if (s == booking_status::in_stay) return booking_status::completed;
    return std::nullopt;
}

/// Where a cancellation by this person leads.
constexpr booking_status cancelled_by(actor by)
{
    switch (by)
    {
        case actor::guest: return booking_status::cancelled_by_guest;
        case actor::host: return booking_status::cancelled_by_host;
        case actor::admin:
        case actor::system: break;
    }
    return booking_status::cancelled_by_admin;
}

}  // namespace roost::bookings
