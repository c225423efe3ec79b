#pragma once
#include <vector>

#include "bookings/booking.hpp"
#include "calendar/price.hpp"
#include "core/dates.hpp"
#include "core/money.hpp"
#include "properties/policy.hpp"

/// What a cancellation gives back (domain rules, 4.3). The terms are data; one function reads them, for what is shown
/// beforehand and for what is done.
namespace roost::bookings {

/// A booked stay as far as its refund goes. "Accommodation" is nights and cleaning: the cleaning fee is treated like
/// the price of the nights.
struct booked_stay
{
    date check_in, check_out;
    std::chrono::minutes check_in_time;  // wall clock at the property
    time_zone zone;
    instant booked_at;
    money accommodation, guest_fee, tax;
};

/// Why so much goes back.
enum class refund_rule
{
    never_confirmed,
    other_side,
    grace,
    notice,
    late,
    no_show,
};
constexpr auto names_of(refund_rule)
{
    return std::to_array<std::string_view>({"never_confirmed", "other_side", "grace", "notice", "late", "no_show"});
}

struct refund
{
    refund_rule rule;
    money accommodation, guest_fee, tax;

    money total() const { return accommodation + guest_fee + tax; }
    bool operator==(const refund&) const = default;
};

/// What a cancellation gives back up to and including a moment.
struct refund_until
{
    instant until;
    bookings::refund refund;
};

/// Nights that have begun: their check-in time has passed. From 0 to all of them.
int nights_begun(const booked_stay& stay, instant now);

/// What goes back to the guest of the stay's whole price, were all of it paid. A host or admin who cancels gives
/// everything back. Taxes follow the accommodation. Each amount is rounded once, half up. Cancelling exactly at a
/// cutoff is in time. For a guest it never grows as time passes, if the terms are good (check in policy.hpp).
refund refund_of(const booked_stay& stay, const cancellation_terms& terms, actor by, instant now);

/// What goes back to a guest who never came: as if cancelled late, with no night begun.
refund refund_of_no_show(const booked_stay& stay, const cancellation_terms& terms);

/// What refund_of says from `now` until `end`, each step with the moment it lasts until; the last lasts until `end`.
std::vector<refund_until> refund_schedule(const booked_stay& stay, const cancellation_terms& terms, actor by,
                                          instant now, instant end);

/// What a guest who cancels a stay of so many nights in time gets any of back.
calendar::given_back given_back_by(const cancellation_terms& terms, int nights);

/// The part of `paid` that has to be returned: what was paid beyond what stays owed.
money refund_due(money total, money refunded_of_total, money paid);

}  // namespace roost::bookings
