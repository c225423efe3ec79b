#pragma once
#include <optional>

#include "bookings/service.hpp"
#include "bookings/store.hpp"

/// Whether a property takes a stay, and what it asks for it: for quotes and for changes of bookings alike.
namespace roost::bookings {

/// Why the property does not take this stay now; nothing when it does. Free nights are not looked at.
std::optional<error> refusal_of(const house& h, date check_in, date check_out, int guests, instant now);

/// What a contract cannot say of the fields of what is asked.
std::optional<error> fault_of(const new_quote& asked);

/// By the property's prices of now, which it must have. The lines say what `terms` give back of them.
stored_price price_of(const asked_property& p, const new_quote& asked, const cancellation_terms& terms,
                      const market& m);

}  // namespace roost::bookings
