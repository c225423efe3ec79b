#pragma once
#include "platform/pg/database.hpp"

namespace roost::http {
class api;
}

namespace roost::payments {

class admin_service;
class payout_service;

/// /admin/…: what admins see of money, and do about it.
void install_admin(http::api& a, pg::database& db, admin_service& s, payout_service& p);

}  // namespace roost::payments
