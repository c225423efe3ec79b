#pragma once

namespace roost::http {
class api;
}

namespace roost::payments {

class payout_service;
class statements;

/// What hosts see of their money, and where it goes.
void install_payouts(http::api& a, payout_service& p, statements& s);

}  // namespace roost::payments
