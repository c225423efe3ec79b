#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "payments/ledger.hpp"
#include "payments/resources.hpp"

/// What admins send and get about money.
namespace roost::payments {

using hold_id = id<struct hold_tag>;
using audit_id = id<struct audit_tag>;
using subject_id = id<struct subject_tag>;  // of anything

struct admin_reason
{
    std::string reason;

    static constexpr auto fields = schema::fields(field<&admin_reason::reason>(
        "reason", schema::length{1, 500}, schema::example{R"("The account was mistyped.")"}, "Why; it is kept."));
};

struct audit_entry
{
    audit_id id;
    user_id actor;
    std::string action;
    subject_id subject;
    std::string reason;
    instant at;

    static constexpr auto fields = schema::fields(
        field<&audit_entry::id>("id", "Its id."), field<&audit_entry::actor>("actor_id", "Who."),
        field<&audit_entry::action>("action", "What."), field<&audit_entry::subject>("subject_id", "To what or whom."),
        field<&audit_entry::reason>("reason", "Why."), field<&audit_entry::at>("at", "When."));
};

struct audit_filter
{
    std::optional<subject_id> subject;
    std::optional<user_id> actor;
    int limit = 20;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&audit_filter::subject>("subject", "Done to this."),
        field<&audit_filter::actor>("actor", "Done by this person."),
        field<&audit_filter::limit>("limit", schema::between(1, 100), schema::defaulted, "Results a page."),
        field<&audit_filter::cursor>("cursor", "Where the page begins, from a link."));
};

struct new_hold
{
    std::optional<user_id> host;
    std::optional<booking_id> booking;
    std::string reason;

    static constexpr auto fields =
        schema::fields(field<&new_hold::host>("host_id", "All of this host's money."),
                       field<&new_hold::booking>("booking_id", "Or what this booking has brought."),
                       field<&new_hold::reason>("reason", schema::length{1, 500},
                                                schema::example{R"("The place does not exist.")"}, "Why; it is kept."));
};

struct hold
{
    hold_id id;
    user_id host;
    std::optional<booking_id> booking;
    std::string reason;
    user_id created_by;
    instant created_at;

    static constexpr auto fields =
        schema::fields(field<&hold::id>("id", "Its id."), field<&hold::host>("host_id", "Whose money."),
                       field<&hold::booking>("booking_id", "What this booking has brought; all when absent."),
                       field<&hold::reason>("reason", "Why."), field<&hold::created_by>("created_by", "Who said so."),
                       field<&hold::created_at>("created_at", "Since when."));
};

enum class adjustment_status : std::uint8_t
{
    proposed,
    posted,
    refused,
};
constexpr auto names_of(adjustment_status)
{
    return std::to_array<std::string_view>({"proposed", "posted", "refused"});
}

/// Those that may be adjusted: what the others hold is the counterpart of payments, refunds, payouts and disputes.
enum class adjustable : std::uint8_t
{
    gateway_cash,
    host_payable,
    platform_revenue,
    tax_payable,
    gateway_fee,
    dispute_loss,
};
constexpr auto names_of(adjustable)
{
    return std::to_array<std::string_view>(
        {"gateway_cash", "host_payable", "platform_revenue", "tax_payable", "gateway_fee", "dispute_loss"});
}

struct new_adjustment
{
    money amount;
    adjustable debit, credit;
    std::optional<user_id> debit_host, credit_host;
    std::optional<payments::provider> debit_provider, credit_provider;
    std::string reason;

    static constexpr auto fields = schema::fields(
        field<&new_adjustment::amount>("amount", schema::positive,
                                       schema::example{R"({"amount": 1000, "currency": "EUR"})"}, "How much."),
        field<&new_adjustment::debit>("debit_account", schema::example{R"("platform_revenue")"},
                                      "What it is taken from, where that is owed or earned."),
        field<&new_adjustment::debit_host>("debit_host_id", "Whose, of host_payable."),
        field<&new_adjustment::debit_provider>("debit_provider", "Whose, of gateway_cash and gateway_fee."),
        field<&new_adjustment::credit>("credit_account", schema::example{R"("host_payable")"}, "What it is added to."),
        field<&new_adjustment::credit_host>("credit_host_id", "Whose, of host_payable."),
        field<&new_adjustment::credit_provider>("credit_provider", "Whose, of gateway_cash and gateway_fee."),
        field<&new_adjustment::reason>("reason", schema::length{1, 500}, schema::example{R"("A broken lamp.")"},
                                       "Why; it is kept."));
};

struct adjustment
{
    adjustment_id id;
    money amount;
    account debit;
    std::string debit_owner;
    account credit;
    std::string credit_owner;
    std::string reason;
    adjustment_status status;
    bool needs_second;
    user_id proposed_by;
    std::optional<user_id> decided_by;
    instant created_at;
    std::optional<instant> decided_at;

    static constexpr auto fields = schema::fields(
        field<&adjustment::id>("id", "Its id."), field<&adjustment::amount>("amount", "How much."),
        field<&adjustment::debit>("debit_account", "What it is taken from."),
        field<&adjustment::debit_owner>("debit_owner", "Whose that is."),
        field<&adjustment::credit>("credit_account", "What it is added to."),
        field<&adjustment::credit_owner>("credit_owner", "Whose that is."),
        field<&adjustment::reason>("reason", "Why."), field<&adjustment::status>("status", "How far it is."),
        field<&adjustment::needs_second>("needs_second", "Whether another admin has to approve."),
        field<&adjustment::proposed_by>("proposed_by", "Who proposed it."),
        field<&adjustment::decided_by>("decided_by", "Who posted or refused it."),
        field<&adjustment::created_at>("created_at", "When it was proposed."),
        field<&adjustment::decided_at>("decided_at", "When it was decided."));
};

struct dispute
{
    dispute_id id;
    payments::provider provider;
    payment_id payment;
    booking_id booking;
    user_id guest, host;
    money amount, withdrawn, fee;
    dispute_status status;
    std::string reason;
    instant opened_at;
    std::optional<instant> closed_at;

    static constexpr auto fields = schema::fields(
        field<&dispute::id>("id", "Its id."), field<&dispute::provider>("provider", "Whose."),
        field<&dispute::payment>("payment_id", "Of which payment."),
        field<&dispute::booking>("booking_id", "Of which booking."), field<&dispute::guest>("guest_id", "Whose guest."),
        field<&dispute::host>("host_id", "Whose host."), field<&dispute::amount>("amount", "What the payer wants."),
        field<&dispute::withdrawn>("withdrawn", "What the provider has taken back until it is decided."),
        field<&dispute::fee>("fee", "What the provider charges for it."),
        field<&dispute::status>("status", "How far it is."), field<&dispute::reason>("reason", "What the payer says."),
        field<&dispute::opened_at>("opened_at", "When we heard of it, or that it is open again."),
        field<&dispute::closed_at>("closed_at", "When it was decided."));
};

// Lists: a page of each, newest first.

struct refund_filter
{
    int limit = 20;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&refund_filter::limit>("limit", schema::between(1, 100), schema::defaulted, "Results a page."),
        field<&refund_filter::cursor>("cursor", "Where the page begins, from a link."));
};

struct payout_filter
{
    std::vector<payout_status> status;
    std::optional<user_id> host;
    int limit = 20;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&payout_filter::status>("status", schema::defaulted, schema::at_most(3), "Any of these."),
        field<&payout_filter::host>("host", "To this host."),
        field<&payout_filter::limit>("limit", schema::between(1, 100), schema::defaulted, "Results a page."),
        field<&payout_filter::cursor>("cursor", "Where the page begins, from a link."));
};

struct dispute_filter
{
    std::vector<dispute_status> status;
    int limit = 20;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&dispute_filter::status>("status", schema::defaulted, schema::at_most(3), "Any of these."),
        field<&dispute_filter::limit>("limit", schema::between(1, 100), schema::defaulted, "Results a page."),
        field<&dispute_filter::cursor>("cursor", "Where the page begins, from a link."));
};

struct adjustment_filter
{
    std::vector<adjustment_status> status;
    int limit = 20;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&adjustment_filter::status>("status", schema::defaulted, schema::at_most(3), "Any of these."),
        field<&adjustment_filter::limit>("limit", schema::between(1, 100), schema::defaulted, "Results a page."),
        field<&adjustment_filter::cursor>("cursor", "Where the page begins, from a link."));
};

struct hold_filter
{
    std::optional<user_id> host;
    int limit = 20;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&hold_filter::host>("host", "Of this host."),
        field<&hold_filter::limit>("limit", schema::between(1, 100), schema::defaulted, "Results a page."),
        field<&hold_filter::cursor>("cursor", "Where the page begins, from a link."));
};

}  // namespace roost::payments
