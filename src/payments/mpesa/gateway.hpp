#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "payments/gateway.hpp"
#include "payments/mpesa/settings.hpp"
#include "platform/pg/database.hpp"

namespace roost::outbound {
class client;
}

namespace roost::payments {

/// M-Pesa Express (STK push), and money back and to hosts by reversal and B2C. `how` must have been checked; `timeout`:
/// for one answer; `ca_file` as of outbound::guard.
std::unique_ptr<gateway> make_mpesa(pg::database& db, const clock& now, outbound::client& c, const mpesa_settings& how,
                                    std::string ca_file, std::chrono::milliseconds timeout);

}  // namespace roost::payments
