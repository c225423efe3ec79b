#pragma once
#include <format>
#include <vector>

#include "bookings/store.hpp"
#include "platform/auth/identity.hpp"

/// What every use case of a booking asks.
namespace roost::bookings {

inline std::unexpected<error> no_such_booking() { return fail(errc::not_found, "there is no such booking"); }

/// As what somebody acts on a booking they may see.
inline actor as_what(const identity& who, const booking_row& b)
{
    if (who.user == b.guest) return actor::guest;
    return who.user == b.host ? actor::host : actor::admin;
}

inline std::vector<booking_id> ids_of(const std::vector<booking_row>& rows)
{
    std::vector<booking_id> ids;
    ids.reserve(rows.size());
    for (const auto& row : rows) ids.push_back(row.id);
    return ids;
}

inline error wrong_step(booking_status from, booking_status to)
{
    return {
        errc::wrong_state, std::format("a booking that is {} cannot become {}", name_of(from), name_of(to)), {}, {}};
}

}  // namespace roost::bookings
