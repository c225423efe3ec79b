#pragma once
#include "accounts/accounts.hpp"
#include "platform/graphql/graph.hpp"

namespace roost::accounts {

/// Declares people, one's own account and sessions in the graph.
void install_graph(graphql::graph& g, feature& f);

}  // namespace roost::accounts
