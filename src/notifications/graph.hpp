#pragma once
#include "notifications/service.hpp"
#include "platform/graphql/graph.hpp"

namespace roost::notifications {

/// Declares notifications and their preferences in the graph.
void install_graph(graphql::graph& g, service& s);

}  // namespace roost::notifications
