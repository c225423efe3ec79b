#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/schema/schema.hpp"

/// Of what Stripe answers, the members that are read here (docs.stripe.com/api).
namespace roost::payments::stripe {

using schema::field;

inline constexpr schema::length short_text{1, 255};

/// What we wrote on it.
struct metadata
{
    std::optional<std::string> payment, refund, payout;

    static constexpr auto fields =
        schema::fields(field<&metadata::payment>("roost_payment"), field<&metadata::refund>("roost_refund"),
                       field<&metadata::payout>("roost_payout"));
};

/// A line of Stripe's books, in the account's currency.
struct balance_transaction
{
    std::int64_t amount, fee;
    std::string currency;

    static constexpr auto fields = schema::fields(field<&balance_transaction::amount>("amount"),
                                                  field<&balance_transaction::fee>("fee", schema::not_negative),
                                                  field<&balance_transaction::currency>("currency"));
};

struct latest_charge
{
    std::int64_t amount_refunded;
    std::optional<balance_transaction> booked;

    static constexpr auto fields =
        schema::fields(field<&latest_charge::amount_refunded>("amount_refunded", schema::not_negative),
                       field<&latest_charge::booked>("balance_transaction"));
};

struct payment_intent
{
    std::string id, status, currency;
    std::int64_t amount_capturable, amount_received;
    std::optional<std::string> client_secret;
    std::optional<stripe::latest_charge> latest_charge;
    std::optional<stripe::metadata> metadata;

    static constexpr auto fields = schema::fields(
        field<&payment_intent::id>("id", short_text), field<&payment_intent::status>("status", short_text),
        field<&payment_intent::currency>("currency"),
        field<&payment_intent::amount_capturable>("amount_capturable", schema::not_negative),
        field<&payment_intent::amount_received>("amount_received", schema::not_negative),
        field<&payment_intent::client_secret>("client_secret", short_text),
        field<&payment_intent::latest_charge>("latest_charge"), field<&payment_intent::metadata>("metadata"));
};

struct refund
{
    std::string id, currency;
    std::int64_t amount;
    std::optional<std::string> status, failure_reason;
    std::optional<stripe::metadata> metadata;

    static constexpr auto fields = schema::fields(
        field<&refund::id>("id", short_text), field<&refund::currency>("currency"),
        field<&refund::amount>("amount", schema::positive), field<&refund::status>("status", short_text),
        field<&refund::failure_reason>("failure_reason", short_text), field<&refund::metadata>("metadata"));
};

struct transfer
{
    std::string id, currency;
    std::int64_t amount;
    bool reversed;
    std::optional<stripe::metadata> metadata;

    static constexpr auto fields =
        schema::fields(field<&transfer::id>("id", short_text), field<&transfer::currency>("currency"),
                       field<&transfer::amount>("amount", schema::positive), field<&transfer::reversed>("reversed"),
                       field<&transfer::metadata>("metadata"));
};

struct dispute
{
    std::string status, reason, currency;
    std::int64_t amount;
    std::optional<std::string> payment_intent;
    std::vector<balance_transaction> booked;

    static constexpr auto fields = schema::fields(
        field<&dispute::status>("status", short_text), field<&dispute::reason>("reason", short_text),
        field<&dispute::currency>("currency"), field<&dispute::amount>("amount", schema::not_negative),
        field<&dispute::payment_intent>("payment_intent", short_text), field<&dispute::booked>("balance_transactions"));
};

template <class T>
struct page
{
    bool has_more;
    std::vector<T> data;

    static constexpr auto fields = schema::fields(field<&page::has_more>("has_more"), field<&page::data>("data"));
};

struct error_body
{
    std::string type;
    std::optional<std::string> code, decline_code;

    static constexpr auto fields =
        schema::fields(field<&error_body::type>("type", short_text), field<&error_body::code>("code", short_text),
                       field<&error_body::decline_code>("decline_code", short_text));
};

struct error_reply
{
    error_body error;

    static constexpr auto fields = schema::fields(field<&error_reply::error>("error"));
};

/// What an event is about, as far as all kinds have it.
struct event_object
{
    std::string id, object;
    std::optional<std::string> payment_intent;
    std::optional<stripe::metadata> metadata;

    static constexpr auto fields = schema::fields(
        field<&event_object::id>("id", short_text), field<&event_object::object>("object", short_text),
        field<&event_object::payment_intent>("payment_intent", short_text), field<&event_object::metadata>("metadata"));
};

struct event_data
{
    event_object object;

    static constexpr auto fields = schema::fields(field<&event_data::object>("object"));
};

struct event
{
    std::string id, type;
    bool livemode;
    event_data data;

    static constexpr auto fields = schema::fields(field<&event::id>("id", schema::length{1, 200}),
                                                  field<&event::type>("type", schema::length{1, 200}),
                                                  field<&event::livemode>("livemode"), field<&event::data>("data"));
};

}  // namespace roost::payments::stripe
