#pragma once
#include "bookings/alterations.hpp"
#include "bookings/service.hpp"
#include "platform/graphql/graph.hpp"

namespace roost::bookings {

/// Declares quotes, bookings and their alterations in the graph.
void install_graph(graphql::graph& g, service& s, alterations& changes);

}  // namespace roost::bookings
