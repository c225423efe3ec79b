#pragma once
#include "platform/graphql/graph.hpp"
#include "properties/service.hpp"
#include "search/service.hpp"

namespace roost::search {

/// Declares search in the graph.
void install_graph(graphql::graph& g, service& search, properties::service& properties);

}  // namespace roost::search
