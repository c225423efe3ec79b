#pragma once
#include "platform/graphql/graph.hpp"

namespace roost::feeds {

class addresses;
class service;

/// Declares calendars of other platforms, and the addresses at which they read ours, in the graph.
void install_graph(graphql::graph& g, service& s, addresses& read_by_others);

}  // namespace roost::feeds
