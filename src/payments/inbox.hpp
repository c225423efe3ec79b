#pragma once
#include <string>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "payments/gateway.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

/// Where providers tell what happened. An event is kept once and answered at once; what it means is found out later, by
/// asking the provider.
class inbox
{
    pg::database& db_;
    const clock& clock_;
    const gateways& gateways_;

    static task<> ask_for(pg::tx& tx, provider p, const provider_event& e, instant now);

public:
    inbox(pg::database& db, const clock& c, const gateways& g) : db_{db}, clock_{c}, gateways_{g} {}

    /// errc::not_found for a provider that is not offered here,
    /// invalid_credentials and malformed as of gateway::read_event, payload_too_large.
    task<result<void>> receive(provider p, event_request e);

    /// Events that are old enough never to come again.
    task<result<void>> forget_old();
};

}  // namespace roost::payments
