#pragma once

namespace roost::http {
class api;
}

namespace roost::bookings {

class service;
class alterations;

/// Declares the feature's operations. The services outlive the server.
void install(http::api& a, service& s, alterations& changes);

}  // namespace roost::bookings
