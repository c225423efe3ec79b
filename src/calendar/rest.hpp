#pragma once
#include "calendar/service.hpp"
#include "platform/http/api.hpp"

namespace roost::calendar {

/// Declares the feature's operations. The services outlive the server.
void install_rest(http::api& a, openings& o, service& s);

}  // namespace roost::calendar
