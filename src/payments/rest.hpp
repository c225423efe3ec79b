#pragma once

namespace roost::http {
class api;
}

namespace roost::payments {

class gateways;
class inbox;
class service;

void install(http::api& a, service& s);
/// /webhooks/…/ below the API's prefix, for each provider that is offered. Not part of the contract: the providers'
/// own documents are.
void install_webhooks(http::api& a, inbox& i, const gateways& g);

}  // namespace roost::payments
