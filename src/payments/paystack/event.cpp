#include "payments/paystack/event.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "payments/paystack/objects.hpp"
#include "platform/auth/crypto.hpp"
#include "platform/schema/json.hpp"

namespace roost::payments::paystack {
namespace {

constexpr std::string_view signature_header = "x-paystack-signature";

provider_event about(std::string kind, const event_data& of, std::string_view body)
{
    // What tells of a refund has no id: two of one transaction differ in something else.
    auto what = of.id ? std::to_string(*of.id) : auth::hex(auth::as_bytes(auth::sha256(body)));
    provider_event told{std::format("{} {}", kind, what), std::move(kind), event_subject::nothing, {}};
    if (told.kind.starts_with("charge.dispute.") && of.id)
    {
        told.about = event_subject::dispute;
        told.reference = std::to_string(*of.id);
    }
    else if (told.kind.starts_with("charge.") && of.reference)
    {
        told.about = event_subject::payment;
        told.reference = *of.reference;
        told.payment = payment_in(*of.reference);
    }
    else if (told.kind.starts_with("refund.") && of.transaction_reference)
    {
        told.about = event_subject::refund;
        told.payment = payment_in(*of.transaction_reference);
    }
    else if (told.kind.starts_with("transfer.") && of.reference)
    {
        told.about = event_subject::payout;
        told.reference = *of.reference;
    }
    return told;
}

}  // namespace

std::optional<payment_id> payment_in(std::string_view reference)
{
    constexpr std::size_t length = 36;
    const auto id = uuid::parse(reference.substr(0, length));
    const auto rest = reference.substr(std::min(length, reference.size()));
    if (!id || !(rest.empty() || rest.starts_with('-'))) return std::nullopt;
    return payment_id{*id};
}

result<provider_event> read_event(const event_request& e, const std::string& key)
{
    const auto signature = e.header(signature_header);
    if (!signature || !auth::equal(*signature, auth::hex(auth::hmac_sha512(key, e.body))))
        return fail(errc::invalid_credentials, "the event is not signed as it must be");
    auto told = schema::from_json<event>(e.body, schema::others::ignored);
    if (!told) return fail(errc::malformed, "this is no event");
    constexpr auto kinds = std::to_array<std::string_view>({"charge.", "refund.", "transfer."});
    const bool matters = std::ranges::any_of(kinds, [&](auto prefix) { return told->kind.starts_with(prefix); });
    if (!matters) return about(std::move(told->kind), {}, e.body);
    const auto body = schema::from_json<event_body>(e.body, schema::others::ignored);
    if (!body) return fail(errc::malformed, "this is no event");
    return about(std::move(told->kind), body->data, e.body);
}

}  // namespace roost::payments::paystack
