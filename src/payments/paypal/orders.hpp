#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "payments/gateway.hpp"
#include "payments/paypal/api.hpp"

/// What PayPal's orders and refusals mean.
namespace roost::payments::paypal {

/// The capture that took money, or is about to; nothing as long as there is none.
const movement* capture_of(const order& o);
/// What is held, or was.
const movement* authorization_of(const order& o);
bool is_held(const order& o);
/// The refund that we gave this id.
const movement* refund_of(const order& o, std::string_view id);

/// How the order stands. One that is approved is still_pending: what follows is ours to ask for.
outcome outcome_of(const order& o, const charge& c);
/// What a failure makes of an order that stands where it stood. `links`: of the order.
outcome outcome_of(const failure& f, const std::vector<link>& links);

/// "INSTRUMENT_DECLINED" → "instrument_declined".
std::string reason_of(std::string code);

/// How a refund stands, which was asked for as `asked`.
refund_answer answer_of(const movement& refund, money asked);
/// What a failure makes of one that was asked for.
refund_answer answer_of(const failure& f);

}  // namespace roost::payments::paypal
