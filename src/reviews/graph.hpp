#pragma once
#include "platform/graphql/graph.hpp"
#include "reviews/service.hpp"

namespace roost::reviews {

/// Declares reviews in the graph.
void install_graph(graphql::graph& g, service& s);

}  // namespace roost::reviews
