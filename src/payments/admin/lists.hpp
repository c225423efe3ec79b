#pragma once
#include "core/error.hpp"
#include "payments/admin/resources.hpp"
#include "payments/payouts/resources.hpp"
#include "platform/http/answers.hpp"
#include "platform/pg/database.hpp"

/// What admins see of money. Each list is in pages, newest first.
namespace roost::payments {

task<result<http::page<payout>>> list_payouts(pg::database& db, payout_filter f);
/// Those that their providers have refused.
task<result<http::page<refund>>> list_refused_refunds(pg::database& db, refund_filter f);
task<result<http::page<dispute>>> list_disputes(pg::database& db, dispute_filter f);
task<result<dispute>> find_dispute(pg::database& db, dispute_id id);
task<result<http::page<adjustment>>> list_adjustments(pg::database& db, adjustment_filter f);
task<result<http::page<hold>>> list_holds(pg::database& db, hold_filter f);
task<result<http::page<audit_entry>>> list_audit(pg::database& db, audit_filter f);

}  // namespace roost::payments
