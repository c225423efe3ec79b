#pragma once
#include "platform/graphql/graph.hpp"

namespace roost::pg {
class database;
}

namespace roost::payments {

class payout_service;
class receipt_service;
class service;
class statements;

/// Declares payments, refunds and receipts in the graph.
void install_graph(graphql::graph& g, service& s, receipt_service& r);
/// Declares what a host sees of their own money.
void install_payouts_graph(graphql::graph& g, payout_service& p, statements& s);
/// Declares what admins see and do about money.
void install_admin_graph(graphql::graph& g, pg::database& db);

}  // namespace roost::payments
