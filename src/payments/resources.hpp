#pragma once
#include <optional>
#include <string>
#include <vector>

#include "accounts/user.hpp"
#include "bookings/resources.hpp"
#include "payments/payment.hpp"
#include "platform/schema/schema.hpp"

/// What callers send and get about payments.
namespace roost::payments {

using schema::field;

enum class action_kind
{
    redirect,
    client_secret,
    instruction,
};
constexpr auto names_of(action_kind)
{
    return std::to_array<std::string_view>({"redirect", "client_secret", "instruction"});
}

struct next_action
{
    action_kind kind = action_kind::redirect;
    std::optional<std::string> redirect_url, client_secret, instruction;

    static constexpr auto fields =
        schema::fields(field<&next_action::kind>("kind", "What to do."),
                       field<&next_action::redirect_url>(
                           "redirect_url", "Open this page; the sandbox's is relative to where the API is."),
                       field<&next_action::client_secret>("client_secret", "Give this to the provider's own software."),
                       field<&next_action::instruction>("instruction", "Tell the guest this."));
};

struct new_payment
{
    booking_id booking;
    payments::provider provider;
    payment_method method;
    std::optional<std::string> phone;

    static constexpr auto fields =
        schema::fields(field<&new_payment::booking>("booking_id", "A booking of one's own that is not paid."),
                       field<&new_payment::provider>("provider", schema::example{R"("sandbox")"}, "By whom."),
                       field<&new_payment::method>("method", schema::example{R"("card")"}, "By what."),
                       field<&new_payment::phone>("phone", schema::length{8, 16}, schema::matches(phone_format),
                                                  schema::example{R"("+254712345678")"},
                                                  "E.164. Whose mobile money pays; one's own number when absent."));
};

struct payment
{
    payment_id id;
    booking_id booking;
    payment_purpose purpose;
    std::optional<bookings::alteration_id> alteration;
    money amount;
    payment_method method;
    payments::provider provider;
    capture_mode capture;
    payment_status status;
    std::optional<std::string> failure_reason;
    std::optional<payments::next_action> next_action;
    money captured, to_refund, refunded;
    int version;
    instant created_at, updated_at;

    static constexpr auto fields =
        schema::fields(field<&payment::id>("id", "Its id."), field<&payment::booking>("booking_id", "What for."),
                       field<&payment::purpose>("purpose", "The price of the booking, or what a change added to it."),
                       field<&payment::alteration>("alteration_id", "That change."),
                       field<&payment::amount>("amount", "What is asked for."),
                       field<&payment::method>("method", "By what."), field<&payment::provider>("provider", "By whom."),
                       field<&payment::capture>("capture", "manual: held until the host has accepted, then taken."),
                       field<&payment::status>("status", "Where it stands."),
                       field<&payment::failure_reason>("failure_reason", "Why it failed."),
                       field<&payment::next_action>("next_action", "What the guest has to do; shown to nobody else."),
                       field<&payment::captured>("captured", "What was taken."),
                       field<&payment::to_refund>("to_refund", "What of it is to be given back, done or not."),
                       field<&payment::refunded>("refunded", "What has been given back."),
                       field<&payment::version>("version", "Grows with every change; the ETag."),
                       field<&payment::created_at>("created_at", "When it was begun."),
                       field<&payment::updated_at>("updated_at", "When it last changed."));
};

struct payment_filter
{
    bookings::side role = bookings::side::guest;
    std::vector<payment_status> status;
    int limit = 20;
    std::optional<std::string> cursor;
    bool count = false;

    static constexpr auto fields = schema::fields(
        field<&payment_filter::role>("role", schema::defaulted, "One's own payments, or those for one's places."),
        field<&payment_filter::status>("status", schema::defaulted, schema::at_most(8), "Any of these."),
        field<&payment_filter::limit>("limit", schema::between(1, 100), schema::defaulted, "Results a page."),
        field<&payment_filter::cursor>("cursor", "Where the page begins, from a link."),
        field<&payment_filter::count>("count", schema::defaulted, "Whether to count them all."));
};

struct new_refund
{
    std::optional<money> amount;
    std::string reason;

    static constexpr auto fields = schema::fields(
        field<&new_refund::amount>("amount", schema::positive,
                                   schema::example{R"({"amount": 1000, "currency": "EUR"})"},
                                   "How much; all that is left when absent."),
        field<&new_refund::reason>("reason", schema::length{1, 500}, schema::example{R"("The heating was broken.")"},
                                   "Why; shown to guest and host."));
};

struct refund
{
    refund_id id;
    payment_id payment;
    money amount;
    refund_cause cause;
    std::string reason;
    refund_status status;
    std::optional<std::string> failure_reason;
    instant created_at, updated_at;

    static constexpr auto fields = schema::fields(
        field<&refund::id>("id", "Its id."), field<&refund::payment>("payment_id", "Of what."),
        field<&refund::amount>("amount", "How much."), field<&refund::cause>("cause", "What decided it."),
        field<&refund::reason>("reason", "Why, in somebody's words."),
        field<&refund::status>("status", "How far it is."),
        field<&refund::failure_reason>("failure_reason", "Why the provider refused it."),
        field<&refund::created_at>("created_at", "When it was decided."),
        field<&refund::updated_at>("updated_at", "When it last changed."));
};

}  // namespace roost::payments
