#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/schema/schema.hpp"

/// What Daraja is asked, and of what it answers and tells the members that are read here
/// (developer.safaricom.co.ke/APIs; its misspellings are its own). It writes codes and amounts as text and as numbers.
namespace roost::payments::mpesa {

using schema::field;

// Requests

struct new_push
{
    std::string short_code, password, timestamp, kind;
    std::int64_t amount;
    std::string from, to, phone, callback, account, description;

    static constexpr auto fields = schema::fields(
        field<&new_push::short_code>("BusinessShortCode"), field<&new_push::password>("Password"),
        field<&new_push::timestamp>("Timestamp"), field<&new_push::kind>("TransactionType"),
        field<&new_push::amount>("Amount"), field<&new_push::from>("PartyA"), field<&new_push::to>("PartyB"),
        field<&new_push::phone>("PhoneNumber"), field<&new_push::callback>("CallBackURL"),
        field<&new_push::account>("AccountReference"), field<&new_push::description>("TransactionDesc"));
};

struct push_question
{
    std::string short_code, password, timestamp, checkout;

    static constexpr auto fields = schema::fields(
        field<&push_question::short_code>("BusinessShortCode"), field<&push_question::password>("Password"),
        field<&push_question::timestamp>("Timestamp"), field<&push_question::checkout>("CheckoutRequestID"));
};

struct new_transfer
{
    std::string id, initiator, credential, command;
    std::int64_t amount;
    std::string from, to, remarks, timeout, result;

    static constexpr auto fields = schema::fields(
        field<&new_transfer::id>("OriginatorConversationID"), field<&new_transfer::initiator>("InitiatorName"),
        field<&new_transfer::credential>("SecurityCredential"), field<&new_transfer::command>("CommandID"),
        field<&new_transfer::amount>("Amount"), field<&new_transfer::from>("PartyA"),
        field<&new_transfer::to>("PartyB"), field<&new_transfer::remarks>("Remarks"),
        field<&new_transfer::timeout>("QueueTimeOutURL"), field<&new_transfer::result>("ResultURL"));
};

struct new_reversal
{
    std::string initiator, credential, command, receipt;
    std::int64_t amount;
    std::string receiver, receiver_kind, remarks, timeout, result;

    static constexpr auto fields = schema::fields(
        field<&new_reversal::initiator>("Initiator"), field<&new_reversal::credential>("SecurityCredential"),
        field<&new_reversal::command>("CommandID"), field<&new_reversal::receipt>("TransactionID"),
        field<&new_reversal::amount>("Amount"), field<&new_reversal::receiver>("ReceiverParty"),
        field<&new_reversal::receiver_kind>("RecieverIdentifierType"), field<&new_reversal::remarks>("Remarks"),
        field<&new_reversal::timeout>("QueueTimeOutURL"), field<&new_reversal::result>("ResultURL"));
};

struct transfer_question
{
    std::string initiator, credential, command, id, party, party_kind, remarks, timeout, result;

    static constexpr auto fields = schema::fields(
        field<&transfer_question::initiator>("Initiator"), field<&transfer_question::credential>("SecurityCredential"),
        field<&transfer_question::command>("CommandID"), field<&transfer_question::id>("OriginalConversationID"),
        field<&transfer_question::party>("PartyA"), field<&transfer_question::party_kind>("IdentifierType"),
        field<&transfer_question::remarks>("Remarks"), field<&transfer_question::timeout>("QueueTimeOutURL"),
        field<&transfer_question::result>("ResultURL"));
};

// Replies

struct access
{
    std::string token, seconds;

    static constexpr auto fields = schema::fields(field<&access::token>("access_token", schema::length{1, 4'000}),
                                                  field<&access::seconds>("expires_in"));
};

/// That a request is taken, which says nothing of what will come of it.
struct accepted
{
    std::string code;
    std::optional<std::string> checkout, conversation;

    static constexpr auto fields =
        schema::fields(field<&accepted::code>("ResponseCode"), field<&accepted::checkout>("CheckoutRequestID"),
                       field<&accepted::conversation>("OriginatorConversationID"));
};

struct push_answer
{
    std::string code, checkout;

    static constexpr auto fields =
        schema::fields(field<&push_answer::code>("ResultCode"), field<&push_answer::checkout>("CheckoutRequestID"));
};

struct refusal
{
    std::string code, message;

    static constexpr auto fields =
        schema::fields(field<&refusal::code>("errorCode"), field<&refusal::message>("errorMessage"));
};

// What is told

struct named_value
{
    std::string name;
    std::optional<std::string> value;

    static constexpr auto fields =
        schema::fields(field<&named_value::name>("Name"), field<&named_value::value>("Value"));
};
struct push_items
{
    std::vector<named_value> items;

    static constexpr auto fields = schema::fields(field<&push_items::items>("Item"));
};
struct push_told
{
    std::string checkout, code;
    std::optional<push_items> metadata;

    static constexpr auto fields =
        schema::fields(field<&push_told::checkout>("CheckoutRequestID"), field<&push_told::code>("ResultCode"),
                       field<&push_told::metadata>("CallbackMetadata"));
};
struct push_body
{
    push_told callback;

    static constexpr auto fields = schema::fields(field<&push_body::callback>("stkCallback"));
};
struct push_callback
{
    push_body body;

    static constexpr auto fields = schema::fields(field<&push_callback::body>("Body"));
};

struct transfer_told
{
    std::string code, conversation;

    static constexpr auto fields = schema::fields(field<&transfer_told::code>("ResultCode"),
                                                  field<&transfer_told::conversation>("OriginatorConversationID"));
};
struct transfer_callback
{
    transfer_told result;

    static constexpr auto fields = schema::fields(field<&transfer_callback::result>("Result"));
};

struct keyed_value
{
    std::string key;
    std::optional<std::string> value;

    static constexpr auto fields = schema::fields(field<&keyed_value::key>("Key"), field<&keyed_value::value>("Value"));
};
struct status_items
{
    std::vector<keyed_value> items;

    static constexpr auto fields = schema::fields(field<&status_items::items>("ResultParameter"));
};
struct status_told
{
    status_items parameters;

    static constexpr auto fields = schema::fields(field<&status_told::parameters>("ResultParameters"));
};
/// Of a transaction that M-Pesa has found.
struct status_callback
{
    status_told result;

    static constexpr auto fields = schema::fields(field<&status_callback::result>("Result"));
};

}  // namespace roost::payments::mpesa
