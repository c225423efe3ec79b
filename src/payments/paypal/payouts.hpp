#pragma once
#include "payments/gateway.hpp"
#include "payments/paypal/api.hpp"

namespace roost::payments::paypal {

/// As gateway::pay_out: a batch of one, under our id.
task<payout_answer> pay_host(api& a, payout_request r, instant now);

}  // namespace roost::payments::paypal
