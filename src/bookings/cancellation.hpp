#pragma once
#include <span>

#include "bookings/booking.hpp"
#include "core/dates.hpp"
#include "core/money.hpp"
#include "properties/property.hpp"

/// What a cancellation gives back (domain rules, 4.3). The policies are data; one function reads them.
namespace roost::bookings {

/// Cancelled at least this many local calendar days before the moment of check-in: the guest gets this share back.
struct refund_tier
{
    int days;
    int refund_bp;
};

/// Terms under which a stay may be cancelled by its guest. "Accommodation" is nights and cleaning: the cleaning fee
/// is treated like the price of the nights.
struct cancellation_terms
{
    std::span<const refund_tier> tiers;  // longest notice first
    /// With less notice than any tier the host keeps the nights that have begun, these further nights, and this
    /// share of the rest.
    int kept_nights;
    int kept_rest_bp;
    /// Everything back within 24 hours of booking, when check-in is at least seven days off.
    bool grace;
};

/// A policy means its terms for ever, since bookings remember its name: other terms are another name.
const cancellation_terms& terms_of(cancellation_policy policy);

/// A booked stay as far as its refund goes.
struct booked_stay
{
    date check_in, check_out;
    std::chrono::minutes check_in_time;  // wall clock at the property
    time_zone zone;
    instant booked_at;
    money accommodation, guest_fee, tax;
};

struct refund
{
    money accommodation, guest_fee, tax;

    money total() const { return accommodation + guest_fee + tax; }
};

/// Nights that have begun: their check-in time has passed. From 0 to all of them.
int nights_begun(const booked_stay& stay, instant now);

/// What goes back to the guest of the stay's whole price, were all of it paid. A host or admin who cancels gives
/// everything back. The guest fee goes back only when the whole accommodation does; taxes follow the accommodation.
/// Each amount is rounded once, half up.
refund refund_of(const booked_stay& stay, const cancellation_terms& terms, actor by, instant now);

/// The part of `paid` that has to be returned: what was paid beyond what stays owed.
money refund_due(money total, money refunded_of_total, money paid);

}  // namespace roost::bookings
