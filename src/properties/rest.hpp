#pragma once
#include "platform/http/api.hpp"
#include "properties/service.hpp"

namespace roost::properties {

/// Declares the operations of properties.
void install_rest(http::api& api, service& properties);

}  // namespace roost::properties
