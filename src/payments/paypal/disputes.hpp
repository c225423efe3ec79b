#pragma once
#include "payments/gateway.hpp"
#include "payments/paypal/api.hpp"

namespace roost::payments::paypal {

/// As gateway::query_dispute.
task<std::optional<dispute_seen>> dispute_of(api& a, std::string reference);

}  // namespace roost::payments::paypal
