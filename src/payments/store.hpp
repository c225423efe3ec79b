#pragma once
#include <optional>
#include <string>

#include "bookings/payable.hpp"
#include "payments/gateway.hpp"
#include "payments/ledger.hpp"
#include "payments/resources.hpp"
#include "platform/pg/database.hpp"

/// Rows of the feature that nobody outside sees.
namespace roost::payments {

struct payment_row
{
    payment_id id;
    booking_id booking;
    user_id guest, host;
    payment_purpose purpose;
    std::optional<bookings::alteration_id> alteration;
    money amount;
    payment_method method;
    payments::provider provider;
    capture_mode capture;
    payment_status status;
    std::optional<std::string> reference, failure_reason;
    std::optional<payments::next_action> next_action;
    bool applied, abandoned;
    money captured, to_refund, refunded;
    int version;
    instant created_at, updated_at;
    std::optional<std::string> payer_email, payer_phone, receipt;

    payment shown(bool to_guest) const;
    charge charged(bool repeated) const;
    parties who() const { return {provider, host.text()}; }
    standing stands(bookings::booking_status b) const
    {
        return {status, purpose, reference.has_value(), applied, abandoned, b};
    }

    static constexpr auto fields = schema::fields(
        field<&payment_row::id>("id"), field<&payment_row::booking>("booking_id"),
        field<&payment_row::guest>("guest_id"), field<&payment_row::host>("host_id"),
        field<&payment_row::purpose>("purpose"), field<&payment_row::alteration>("alteration_id"),
        field<&payment_row::amount>("amount"), field<&payment_row::method>("method"),
        field<&payment_row::provider>("provider"), field<&payment_row::capture>("capture"),
        field<&payment_row::status>("status"), field<&payment_row::reference>("provider_reference"),
        field<&payment_row::failure_reason>("failure_reason"), field<&payment_row::next_action>("next_action"),
        field<&payment_row::applied>("applied"), field<&payment_row::abandoned>("abandoned"),
        field<&payment_row::captured>("captured"), field<&payment_row::to_refund>("to_refund"),
        field<&payment_row::refunded>("refunded"), field<&payment_row::version>("version"),
        field<&payment_row::created_at>("created_at"), field<&payment_row::updated_at>("updated_at"),
        field<&payment_row::payer_email>("payer_email"), field<&payment_row::payer_phone>("payer_phone"),
        field<&payment_row::receipt>("provider_receipt"));
};

struct payment_to_advance
{
    payment_row payment;
    bookings::booking_status booking_status;
    std::optional<std::string> told_reference, told_receipt;

    /// With what the provider told by itself, where it has not answered yet.
    charge charged() const;

    static constexpr auto fields = schema::fields(field<&payment_to_advance::payment>("payment"),
                                                  field<&payment_to_advance::booking_status>("booking_status"),
                                                  field<&payment_to_advance::told_reference>("told_reference"),
                                                  field<&payment_to_advance::told_receipt>("told_receipt"));
};

struct refund_to_make
{
    payment_id payment;
    money amount;
    refund_status status;
    std::optional<std::string> reference;
    std::optional<instant> asked_at;

    static constexpr auto fields = schema::fields(
        field<&refund_to_make::payment>("payment_id"), field<&refund_to_make::amount>("amount"),
        field<&refund_to_make::status>("status"), field<&refund_to_make::reference>("provider_reference"),
        field<&refund_to_make::asked_at>("asked_at"));
};

/// A journal to be posted: of a payment, a payout or an adjustment.
struct journal
{
    journal_kind kind;
    std::string dedupe_key;
    const payment_row* of = nullptr;
    std::optional<refund_id> refund = {};
    std::optional<payout_id> payout = {};
    std::optional<dispute_id> dispute = {};
    std::optional<adjustment_id> adjustment = {};
    instant at;
};

/// Throws when it was posted before, which whoever holds the payment's row has ruled out.
task<> post(pg::tx& tx, const journal& j, const std::vector<entry>& entries);

/// Whose the money of a booking is by the ledger, and whose it is once another part of the price is paid.
struct change_of_owners
{
    shares before, after;
};
task<change_of_owners> owners_once(pg::tx& tx, const bookings::payable& b, money paid);

/// The row as it is now; `next_check`: when to ask the provider, unless it says something first.
task<payment_row> save(pg::tx& tx, const payment_row& p, std::optional<instant> next_check, instant now);

}  // namespace roost::payments
