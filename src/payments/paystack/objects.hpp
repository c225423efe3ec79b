#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/schema/schema.hpp"

/// What Paystack is asked, and of what it answers the members that are read here (paystack.com/docs/api).
namespace roost::payments::paystack {

using schema::field;

inline constexpr schema::length short_text{1, 255};

// Requests

struct metadata
{
    std::string payment, booking;

    static constexpr auto fields =
        schema::fields(field<&metadata::payment>("roost_payment"), field<&metadata::booking>("roost_booking"));
};

struct new_transaction
{
    std::string email;
    std::int64_t amount;
    std::string currency, reference, callback_url;
    std::vector<std::string> channels;
    paystack::metadata metadata;

    static constexpr auto fields =
        schema::fields(field<&new_transaction::email>("email"), field<&new_transaction::amount>("amount"),
                       field<&new_transaction::currency>("currency"), field<&new_transaction::reference>("reference"),
                       field<&new_transaction::callback_url>("callback_url"),
                       field<&new_transaction::channels>("channels"), field<&new_transaction::metadata>("metadata"));
};

struct new_refund
{
    std::string transaction;  // its reference or its id
    std::int64_t amount;
    std::string currency, merchant_note;

    static constexpr auto fields =
        schema::fields(field<&new_refund::transaction>("transaction"), field<&new_refund::amount>("amount"),
                       field<&new_refund::currency>("currency"), field<&new_refund::merchant_note>("merchant_note"));
};

struct new_transfer
{
    std::string source;
    std::int64_t amount;
    std::string currency, recipient, reference, reason;

    static constexpr auto fields =
        schema::fields(field<&new_transfer::source>("source"), field<&new_transfer::amount>("amount"),
                       field<&new_transfer::currency>("currency"), field<&new_transfer::recipient>("recipient"),
                       field<&new_transfer::reference>("reference"), field<&new_transfer::reason>("reason"));
};

// Replies

struct page
{
    std::string authorization_url, reference;

    static constexpr auto fields =
        schema::fields(field<&page::authorization_url>("authorization_url", schema::length{9, 2'000}),
                       field<&page::reference>("reference", short_text));
};

struct transaction
{
    std::int64_t id, amount;
    std::string status, reference, currency;
    std::optional<std::int64_t> fees;
    std::optional<std::string> gateway_response;

    static constexpr auto fields = schema::fields(
        field<&transaction::id>("id"), field<&transaction::amount>("amount", schema::not_negative),
        field<&transaction::status>("status", short_text), field<&transaction::reference>("reference", short_text),
        field<&transaction::currency>("currency"), field<&transaction::fees>("fees", schema::not_negative),
        field<&transaction::gateway_response>("gateway_response"));
};

struct refund
{
    std::int64_t id, amount;
    std::string status, currency;
    std::optional<std::string> merchant_note;

    static constexpr auto fields =
        schema::fields(field<&refund::id>("id"), field<&refund::amount>("amount", schema::positive),
                       field<&refund::status>("status", short_text), field<&refund::currency>("currency"),
                       field<&refund::merchant_note>("merchant_note"));
};

/// The same in a list, which names the transaction by its id; elsewhere a whole object stands there.
struct listed_refund
{
    std::int64_t transaction, amount;
    std::string status;

    static constexpr auto fields = schema::fields(field<&listed_refund::transaction>("transaction"),
                                                  field<&listed_refund::amount>("amount", schema::positive),
                                                  field<&listed_refund::status>("status", short_text));
};

struct transfer
{
    std::int64_t amount;
    std::string status, currency, reference;
    std::optional<std::string> transfer_code;

    static constexpr auto fields = schema::fields(
        field<&transfer::amount>("amount", schema::positive), field<&transfer::status>("status", short_text),
        field<&transfer::currency>("currency"), field<&transfer::reference>("reference", short_text),
        field<&transfer::transfer_code>("transfer_code", short_text));
};

struct disputed_transaction
{
    std::string reference, currency;
    std::int64_t amount;

    static constexpr auto fields = schema::fields(field<&disputed_transaction::reference>("reference", short_text),
                                                  field<&disputed_transaction::currency>("currency"),
                                                  field<&disputed_transaction::amount>("amount", schema::not_negative));
};

struct dispute
{
    std::string status;
    std::optional<std::string> resolution, category;
    std::optional<std::int64_t> refund_amount;
    disputed_transaction transaction;

    static constexpr auto fields = schema::fields(field<&dispute::status>("status", short_text),
                                                  field<&dispute::resolution>("resolution", short_text),
                                                  field<&dispute::category>("category", short_text),
                                                  field<&dispute::refund_amount>("refund_amount", schema::not_negative),
                                                  field<&dispute::transaction>("transaction"));
};

/// Around every reply.
template <class T>
struct envelope
{
    bool status;
    T data;

    static constexpr auto fields = schema::fields(field<&envelope::status>("status"), field<&envelope::data>("data"));
};

struct refusal
{
    std::string message;
    std::optional<std::string> type, code;

    static constexpr auto fields = schema::fields(field<&refusal::message>("message"), field<&refusal::type>("type"),
                                                  field<&refusal::code>("code"));
};

// Events

struct event
{
    std::string kind;

    static constexpr auto fields = schema::fields(field<&event::kind>("event", schema::length{1, 200}));
};

/// Of those kinds that matter here. What tells of a refund names neither it nor our note, only the transaction.
struct event_data
{
    std::optional<std::int64_t> id;
    std::optional<std::string> reference, transaction_reference;

    static constexpr auto fields =
        schema::fields(field<&event_data::id>("id"), field<&event_data::reference>("reference", short_text),
                       field<&event_data::transaction_reference>("transaction_reference", short_text));
};

struct event_body
{
    event_data data;

    static constexpr auto fields = schema::fields(field<&event_body::data>("data"));
};

}  // namespace roost::payments::paystack
