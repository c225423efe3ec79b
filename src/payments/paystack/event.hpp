#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "payments/gateway.hpp"

/// What Paystack tells (paystack.com/docs/payments/webhooks): pure.
namespace roost::payments::paystack {

/// The payment that a reference of ours belongs to.
std::optional<payment_id> payment_in(std::string_view reference);

/// Signed with the secret key: the HMAC-SHA512 of the body as it came, in hexadecimal. There is no time in it, so an
/// old event is known by its kind and what it is about.
result<provider_event> read_event(const event_request& e, const std::string& key);

}  // namespace roost::payments::paystack
