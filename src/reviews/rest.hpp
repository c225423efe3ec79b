#pragma once

namespace roost::http {
class api;
}

namespace roost::reviews {

class service;

/// Declares the feature's operations. The service outlives the server.
void install(http::api& a, service& s);

}  // namespace roost::reviews
