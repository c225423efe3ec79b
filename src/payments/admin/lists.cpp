#include "payments/admin/lists.hpp"

#include "payments/admin/listing.hpp"
#include "payments/admin/queries.hpp"
#include "payments/disputes/queries.hpp"
#include "payments/payouts/queries.hpp"

namespace roost::payments {

task<result<http::page<payout>>> list_payouts(pg::database& db, payout_filter f)
{
    return newest_first<payout>(db, payouts::sql::payouts, payouts::sql::payouts_before,
                                "payouts" + named(f.status) + named(f.host), f.cursor, f.limit, any_of(f.status),
                                f.host);
}

task<result<http::page<refund>>> list_refused_refunds(pg::database& db, refund_filter f)
{
    return newest_first<refund>(db, admin::sql::failed_refunds, admin::sql::failed_refunds_before, "failed refunds",
                                f.cursor, f.limit);
}

task<result<http::page<dispute>>> list_disputes(pg::database& db, dispute_filter f)
{
    return newest_first<dispute>(db, disputes::sql::disputes, disputes::sql::disputes_before,
                                 "disputes" + named(f.status), f.cursor, f.limit, any_of(f.status));
}

task<result<dispute>> find_dispute(pg::database& db, dispute_id id)
{
    auto found = co_await db.one<dispute>(disputes::sql::find_dispute, id);
    if (!found) co_return fail(errc::not_found, "there is no such dispute");
    co_return *std::move(found);
}

task<result<http::page<adjustment>>> list_adjustments(pg::database& db, adjustment_filter f)
{
    return newest_first<adjustment>(db, admin::sql::adjustments, admin::sql::adjustments_before,
                                    "adjustments" + named(f.status), f.cursor, f.limit, any_of(f.status));
}

task<result<http::page<hold>>> list_holds(pg::database& db, hold_filter f)
{
    return newest_first<hold>(db, admin::sql::holds, admin::sql::holds_before, "holds" + named(f.host), f.cursor,
                              f.limit, f.host);
}

task<result<http::page<audit_entry>>> list_audit(pg::database& db, audit_filter f)
{
    return newest_first<audit_entry>(db, admin::sql::audit_entries, admin::sql::audit_entries_before,
                                     "audit" + named(f.subject) + named(f.actor), f.cursor, f.limit, f.subject,
                                     f.actor);
}

}  // namespace roost::payments
