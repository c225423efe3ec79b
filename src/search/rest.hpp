#pragma once
#include "platform/http/api.hpp"
#include "search/service.hpp"

namespace roost::search {

/// Declares the operations of search.
void install_rest(http::api& api, service& search);

}  // namespace roost::search
