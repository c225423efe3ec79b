#pragma once
#include <memory>

#include "app/services.hpp"
#include "platform/graphql/execute.hpp"

namespace roost::app {

/// The graph of every feature, over the operations that were declared.
std::shared_ptr<const graphql::executable> make_graph(http::api& a, services& s);

}  // namespace roost::app
