#pragma once

namespace roost::http {
class api;
}

namespace roost::feeds {

class service;
class addresses;

/// Declares the operations, and the address at which other platforms read.
void install(http::api& a, service& s, addresses& read_by_others);

}  // namespace roost::feeds
