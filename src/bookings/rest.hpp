#pragma once

namespace roost::http {
class api;
}

namespace roost::bookings {

class service;
class calendar;

/// Declares the feature's operations. The services outlive the server.
void install(http::api& a, service& s, calendar& c);

}  // namespace roost::bookings
