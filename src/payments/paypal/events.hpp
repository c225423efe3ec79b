#pragma once
#include <mutex>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/lru.hpp"
#include "payments/gateway.hpp"
#include "payments/paypal/settings.hpp"
#include "payments/paypal/signature.hpp"
#include "platform/outbound/origin.hpp"

namespace roost::payments::paypal {

/// What PayPal tells. For all threads.
class events
{
    const clock& clock_;
    std::string webhook_id_, place_;
    authorities trusted_;
    outbound::origin certificates_;
    std::mutex guard_;
    lru<std::string, std::string> kept_;  // PEM by name, of certificates that were good
    std::chrono::steady_clock::time_point fetched_since_;
    int fetched_ = 0;

    std::optional<std::string> kept(const std::string& name);
    void keep(const std::string& name, const std::string& pem);
    bool may_fetch();
    task<result<public_key>> key_of(std::string name);

public:
    events(outbound::client& c, const clock& now, const paypal_settings& how, const std::string& ca_file,
           std::chrono::milliseconds timeout);

    /// As gateway::read_event; errc::unavailable when the certificate cannot be had now, so that PayPal tries again.
    task<result<provider_event>> read(event_request e);
};

}  // namespace roost::payments::paypal
