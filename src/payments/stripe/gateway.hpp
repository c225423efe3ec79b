#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "payments/gateway.hpp"
#include "payments/stripe/settings.hpp"

namespace roost::outbound {
class client;
}

namespace roost::payments {

/// Stripe's PaymentIntents, refunds, Connect transfers and disputes. `timeout`: for one answer; `ca_file` as of
/// outbound::guard.
std::unique_ptr<gateway> make_stripe(outbound::client& c, const clock& now, const stripe_settings& how,
                                     std::string ca_file, std::chrono::milliseconds timeout);

}  // namespace roost::payments
