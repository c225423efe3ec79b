#include "payments/admin/rest.hpp"

#include "payments/admin/by_hand.hpp"
#include "payments/admin/lists.hpp"
#include "payments/payouts/payouts.hpp"
#include "platform/http/answering.hpp"
#include "platform/http/api.hpp"

namespace roost::payments {
namespace {

using http::body;
using http::created_at;
using http::query;
using http::signed_in;

void install_lists(http::api& a, pg::database& db)
{
    a.get("/admin/payouts/", "Payouts of all hosts, newest first.")
        .needs(role::admin)
        .handle([&db](query<payout_filter> f) { return list_payouts(db, std::move(f.value)); });
    a.get("/admin/refunds/", "Refunds that their providers have refused, newest first.")
        .needs(role::admin)
        .handle([&db](query<refund_filter> f) { return list_refused_refunds(db, std::move(f.value)); });
    a.get("/admin/disputes/", "Disputes, newest first.").needs(role::admin).handle([&db](query<dispute_filter> f) {
        return list_disputes(db, std::move(f.value));
    });
    a.get("/admin/disputes/{dispute_id}/", "Read a dispute.").needs(role::admin).handle([&db](dispute_id id) {
        return find_dispute(db, id);
    });
    a.get("/admin/adjustments/", "Adjustments of the ledger, newest first.")
        .needs(role::admin)
        .handle([&db](query<adjustment_filter> f) { return list_adjustments(db, std::move(f.value)); });
    a.get("/admin/payout-holds/", "What is not paid out, newest first.")
        .needs(role::admin)
        .handle([&db](query<hold_filter> f) { return list_holds(db, std::move(f.value)); });
    a.get("/admin/audit/", "Who did what about money, newest first.")
        .needs(role::admin)
        .handle([&db](query<audit_filter> f) { return list_audit(db, std::move(f.value)); });
}

void install_adjustments(http::api& a, admin_service& s)
{
    a.post("/admin/adjustments/", "Move an amount between two accounts of the ledger.")
        .needs(role::admin)
        .idempotent()
        .details(
            "Above a limit it is proposed, and posted when another admin approves. A debit takes from what is owed or "
            "earned and adds to what there is or was spent; a credit does the opposite.")
        .handle([&s](signed_in who, pg::tx& tx, body<new_adjustment> asked) -> task<result<http::created<adjustment>>> {
            co_return created_at("/admin/adjustments/", co_await s.adjust(tx, who, std::move(asked.value)));
        });
    a.post("/admin/adjustments/{adjustment_id}/approve/", "Post what another admin has proposed.")
        .needs(role::admin)
        .fails_with(errc::not_allowed, errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, adjustment_id id, body<admin_reason> why) -> task<result<adjustment>> {
            co_return co_await s.approve(tx, who, id, std::move(why.value.reason));
        });
    a.post("/admin/adjustments/{adjustment_id}/refuse/", "End a proposal, also one's own.")
        .needs(role::admin)
        .fails_with(errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, adjustment_id id, body<admin_reason> why) -> task<result<adjustment>> {
            co_return co_await s.refuse(tx, who, id, std::move(why.value.reason));
        });
}

void install_holds(http::api& a, admin_service& s)
{
    a.post("/admin/payout-holds/", "Keep back a host's payouts, or what one booking has brought.")
        .needs(role::admin)
        .fails_with(errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, body<new_hold> asked) -> task<result<http::created<hold>>> {
            co_return created_at("/admin/payout-holds/", co_await s.place_hold(tx, who, std::move(asked.value)));
        });
    a.post("/admin/payout-holds/{hold_id}/release/", "Let it go.")
        .needs(role::admin)
        .handle([&s](signed_in who, pg::tx& tx, hold_id id, body<admin_reason> why) -> task<result<http::no_content>> {
            const auto done = co_await s.release_hold(tx, who, id, std::move(why.value.reason));
            if (!done) co_return std::unexpected{done.error()};
            co_return http::no_content{};
        });
}

}  // namespace

void install_admin(http::api& a, pg::database& db, admin_service& s, payout_service& p)
{
    a.tag("Administration of money");
    install_lists(a, db);
    install_adjustments(a, s);
    install_holds(a, s);
    a.post("/admin/payouts/{payout_id}/retry/", "Pay today what the host of a failed payout is owed.")
        .needs(role::admin)
        .fails_with(errc::wrong_state)
        .handle([&p](signed_in who, pg::tx& tx, payout_id id,
                     body<admin_reason> why) -> task<result<http::created<payout>>> {
            co_return created_at("/admin/payouts/", co_await p.retry(tx, who, id, std::move(why.value.reason)));
        });
    a.post("/admin/refunds/{refund_id}/retry/", "Ask again for a refund that its provider has refused.")
        .needs(role::admin)
        .fails_with(errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, refund_id id,
                     body<admin_reason> why) -> task<result<http::created<refund>>> {
            co_return created_at("/admin/refunds/", co_await s.retry_refund(tx, who, id, std::move(why.value.reason)));
        });
}

}  // namespace roost::payments
