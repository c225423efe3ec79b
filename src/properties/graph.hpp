#pragma once
#include "platform/graphql/graph.hpp"
#include "properties/policies.hpp"
#include "properties/service.hpp"

namespace roost::properties {

/// Declares properties, amenities and cancellation policies in the graph.
void install_graph(graphql::graph& g, service& properties, policies& all);

}  // namespace roost::properties
