#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "payments/gateway.hpp"
#include "payments/paypal/settings.hpp"

namespace roost::outbound {
class client;
}

namespace roost::payments {

/// PayPal: its own accounts, and cards by way of it. A payment is one of its orders. What the guest approves there we
/// take, when we are told or ask, so an order that nobody wants any more is simply not taken and lapses. Guests come
/// back to the booking's page of `site`. `timeout`: for one answer; `ca_file` as of outbound::guard, also for the
/// certificates that sign events.
std::unique_ptr<gateway> make_paypal(outbound::client& c, const clock& now, const paypal_settings& how,
                                     std::string site, const std::string& ca_file, std::chrono::milliseconds timeout);

}  // namespace roost::payments
