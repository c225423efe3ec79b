#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "payments/gateway.hpp"
#include "payments/paystack/settings.hpp"

namespace roost::outbound {
class client;
}

namespace roost::payments {

/// Paystack's transactions on its page, refunds, transfers and disputes. `site`: where payers come back to, at
/// /bookings/{id}; `timeout`: for one answer; `ca_file` as of outbound::guard.
std::unique_ptr<gateway> make_paystack(outbound::client& c, const paystack_settings& how, std::string site,
                                       std::string ca_file, std::chrono::milliseconds timeout);

}  // namespace roost::payments
