#pragma once
#include <optional>

#include "bookings/resources.hpp"
#include "platform/pg/database.hpp"

/// What payments see of a booking, and what they do to it.
namespace roost::bookings {

struct payable
{
    booking_id id;
    property_id property;
    user_id guest, host;
    booking_status status;
    roost::payment_mode payment_mode;
    money accommodation, guest_fee, tax, total, host_payout, paid;
    money waived;                        // given back, and not to be paid again
    std::optional<refund_offer> refund;  // what a cancellation took off the price
    instant starts_at;
    std::optional<instant> due_at;
    std::optional<alteration_id> alteration;  // the last change that was accepted

    /// What is still to be paid; below zero when the price has become less than what was.
    money due() const { return total - paid - waived; }

    static constexpr auto fields = schema::fields(
        field<&payable::id>("id"), field<&payable::property>("property_id"), field<&payable::guest>("guest_id"),
        field<&payable::host>("host_id"), field<&payable::status>("status"),
        field<&payable::payment_mode>("payment_mode"), field<&payable::accommodation>("accommodation"),
        field<&payable::guest_fee>("guest_fee"), field<&payable::tax>("tax"), field<&payable::total>("total"),
        field<&payable::host_payout>("host_payout"), field<&payable::paid>("paid"), field<&payable::waived>("waived"),
        field<&payable::refund>("refund"), field<&payable::starts_at>("starts_at"), field<&payable::due_at>("due_at"),
        field<&payable::alteration>("alteration_id"));
};

/// Locked until the transaction ends: what changes what is owed for a booking happens one after the other.
task<std::optional<payable>> lock_payable(pg::tx& tx, booking_id id);

/// The price was paid: takes the nights for good and confirms the booking, also one that has expired meanwhile. False
/// when nothing waits for a payment, the property is deleted or an account closed; and where the money comes late, when
/// the stay has begun or the nights have gone to somebody else.
task<bool> confirm_paid(pg::tx& tx, const payable& b, instant now);

/// `more` below zero: less.
void add_paid(pg::tx& tx, booking_id id, money more, instant now);

/// Whether a payer wants money back by way of the bank.
void set_disputed(pg::tx& tx, booking_id id, bool disputed, instant now);

}  // namespace roost::bookings
