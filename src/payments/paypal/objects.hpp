#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/schema/schema.hpp"

/// What PayPal is asked, and of what it answers the members that are read here (developer.paypal.com: Orders v2,
/// Payments v2, Payouts v1, Disputes v1).
namespace roost::payments::paypal {

using schema::field;

struct amount
{
    std::string code, value;

    static constexpr auto fields =
        schema::fields(field<&amount::code>("currency_code"), field<&amount::value>("value"));
};

/// The same as payouts have it.
struct payout_amount
{
    std::string code, value;

    static constexpr auto fields =
        schema::fields(field<&payout_amount::code>("currency"), field<&payout_amount::value>("value"));
};

// Requests

struct new_unit
{
    std::string custom_id, invoice_id;
    paypal::amount amount;

    static constexpr auto fields =
        schema::fields(field<&new_unit::custom_id>("custom_id"), field<&new_unit::invoice_id>("invoice_id"),
                       field<&new_unit::amount>("amount"));
};

struct experience
{
    std::string user_action, shipping_preference, payment_method_preference, landing_page, return_url, cancel_url;

    static constexpr auto fields = schema::fields(
        field<&experience::user_action>("user_action"), field<&experience::shipping_preference>("shipping_preference"),
        field<&experience::payment_method_preference>("payment_method_preference"),
        field<&experience::landing_page>("landing_page"), field<&experience::return_url>("return_url"),
        field<&experience::cancel_url>("cancel_url"));
};

struct new_wallet
{
    paypal::experience experience;

    static constexpr auto fields = schema::fields(field<&new_wallet::experience>("experience_context"));
};

struct new_source
{
    new_wallet wallet;

    static constexpr auto fields = schema::fields(field<&new_source::wallet>("paypal"));
};

struct new_order
{
    std::string intent;
    std::vector<new_unit> units;
    new_source source;

    static constexpr auto fields =
        schema::fields(field<&new_order::intent>("intent"), field<&new_order::units>("purchase_units"),
                       field<&new_order::source>("payment_source"));
};

struct new_refund
{
    paypal::amount amount;
    std::string custom_id, invoice_id;

    static constexpr auto fields =
        schema::fields(field<&new_refund::amount>("amount"), field<&new_refund::custom_id>("custom_id"),
                       field<&new_refund::invoice_id>("invoice_id"));
};

struct new_batch_header
{
    std::string id;

    static constexpr auto fields = schema::fields(field<&new_batch_header::id>("sender_batch_id"));
};

struct new_item
{
    std::string recipient_type, receiver, id;
    payout_amount amount;

    static constexpr auto fields =
        schema::fields(field<&new_item::recipient_type>("recipient_type"), field<&new_item::receiver>("receiver"),
                       field<&new_item::id>("sender_item_id"), field<&new_item::amount>("amount"));
};

struct new_batch
{
    new_batch_header header;
    std::vector<new_item> items;

    static constexpr auto fields =
        schema::fields(field<&new_batch::header>("sender_batch_header"), field<&new_batch::items>("items"));
};

// Replies

/// Where else to go (HATEOAS).
struct link
{
    std::string href, rel;

    static constexpr auto fields =
        schema::fields(field<&link::href>("href", schema::defaulted), field<&link::rel>("rel", schema::defaulted));
};

struct breakdown
{
    std::optional<amount> fee;

    static constexpr auto fields = schema::fields(field<&breakdown::fee>("paypal_fee"));
};

struct related_ids
{
    std::optional<std::string> order;

    static constexpr auto fields = schema::fields(field<&related_ids::order>("order_id"));
};

struct supplementary_data
{
    std::optional<related_ids> related;

    static constexpr auto fields = schema::fields(field<&supplementary_data::related>("related_ids"));
};

/// A capture, an authorization or a refund: the same members matter.
struct movement
{
    std::string id, status;
    std::optional<paypal::amount> amount;
    std::optional<std::string> custom_id;
    std::optional<breakdown> receivable;
    std::optional<supplementary_data> supplementary;

    std::optional<std::string> order() const
    {
        return supplementary && supplementary->related ? supplementary->related->order : std::nullopt;
    }

    static constexpr auto fields = schema::fields(
        field<&movement::id>("id"), field<&movement::status>("status"), field<&movement::amount>("amount"),
        field<&movement::custom_id>("custom_id"), field<&movement::receivable>("seller_receivable_breakdown"),
        field<&movement::supplementary>("supplementary_data"));
};

struct movements
{
    std::vector<movement> authorizations, captures, refunds;

    static constexpr auto fields =
        schema::fields(field<&movements::authorizations>("authorizations", schema::defaulted),
                       field<&movements::captures>("captures", schema::defaulted),
                       field<&movements::refunds>("refunds", schema::defaulted));
};

struct purchase_unit
{
    std::optional<std::string> custom_id;
    std::optional<movements> payments;

    static constexpr auto fields =
        schema::fields(field<&purchase_unit::custom_id>("custom_id"), field<&purchase_unit::payments>("payments"));
};

struct order
{
    std::string id, status;
    std::optional<std::string> update_time;
    std::vector<purchase_unit> units;
    std::vector<link> links;

    static constexpr auto fields = schema::fields(
        field<&order::id>("id"), field<&order::status>("status"), field<&order::update_time>("update_time"),
        field<&order::units>("purchase_units", schema::defaulted), field<&order::links>("links", schema::defaulted));
};

struct batch_header
{
    std::string id, status;

    static constexpr auto fields =
        schema::fields(field<&batch_header::id>("payout_batch_id"), field<&batch_header::status>("batch_status"));
};

struct sent_item
{
    std::optional<std::string> id;
    payout_amount amount;

    static constexpr auto fields =
        schema::fields(field<&sent_item::id>("sender_item_id"), field<&sent_item::amount>("amount"));
};

struct batch_item
{
    std::string status;
    sent_item sent;

    static constexpr auto fields =
        schema::fields(field<&batch_item::status>("transaction_status"), field<&batch_item::sent>("payout_item"));
};

struct batch
{
    batch_header header;
    std::vector<batch_item> items;

    static constexpr auto fields =
        schema::fields(field<&batch::header>("batch_header"), field<&batch::items>("items", schema::defaulted));
};

struct disputed
{
    std::optional<std::string> capture;

    static constexpr auto fields = schema::fields(field<&disputed::capture>("seller_transaction_id"));
};

struct dispute_outcome
{
    std::optional<std::string> code;
    std::optional<amount> refunded;

    static constexpr auto fields = schema::fields(field<&dispute_outcome::code>("outcome_code"),
                                                  field<&dispute_outcome::refunded>("amount_refunded"));
};

struct dispute
{
    std::string status;
    std::optional<std::string> stage, reason;
    paypal::amount amount;
    std::vector<disputed> transactions;
    std::optional<dispute_outcome> outcome;

    static constexpr auto fields = schema::fields(
        field<&dispute::status>("status"), field<&dispute::stage>("dispute_life_cycle_stage"),
        field<&dispute::reason>("reason"), field<&dispute::amount>("dispute_amount"),
        field<&dispute::transactions>("disputed_transactions"), field<&dispute::outcome>("dispute_outcome"));
};

}  // namespace roost::payments::paypal
