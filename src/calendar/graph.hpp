#pragma once
#include "calendar/service.hpp"
#include "platform/graphql/graph.hpp"

namespace roost::calendar {

/// Declares free nights, calendars, prices and rules in the graph.
void install_graph(graphql::graph& g, openings& o, service& s);

}  // namespace roost::calendar
