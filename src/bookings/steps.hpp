#pragma once
#include <format>

#include "bookings/store.hpp"
#include "platform/auth/identity.hpp"

/// What every use case that moves a booking asks.
namespace roost::bookings {

/// As what somebody acts on a booking they may see.
inline actor as_what(const identity& who, const booking_row& b)
{
    if (who.user == b.guest) return actor::guest;
    return who.user == b.host ? actor::host : actor::admin;
}

inline error wrong_step(booking_status from, booking_status to)
{
    return {
        errc::wrong_state, std::format("a booking that is {} cannot become {}", name_of(from), name_of(to)), {}, {}};
}

}  // namespace roost::bookings
