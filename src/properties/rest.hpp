#pragma once
#include "platform/http/api.hpp"
#include "properties/policies.hpp"
#include "properties/service.hpp"

namespace roost::properties {

/// Declares the operations of properties.
void install_rest(http::api& api, service& properties);
/// Declares the operations of cancellation policies.
void install_policies(http::api& api, policies& all);

}  // namespace roost::properties
