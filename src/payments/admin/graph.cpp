#include "payments/graph.hpp"

#include "accounts/user.hpp"
#include "payments/admin/lists.hpp"

namespace roost::payments {
namespace {

using bookings::booking;
using graphql::batch;
using graphql::context;

struct by_id
{
    dispute_id id;

    static constexpr auto fields = schema::fields(field<&by_id::id>("id", "Which."));
};

/// A list of REST's at `path`, for whom it is there.
template <class Row, class Query>
auto list_at(const graphql::graph& g, pg::database& db, std::string_view path,
             task<result<http::page<Row>>> (*list)(pg::database&, Query))
{
    return [&db, list, rule = g.rule_of(http::method::get, path)](batch& b, Query q) -> task<result<http::page<Row>>> {
        if (auto good = rule(b.context); !good) co_return std::unexpected{std::move(good.error())};
        co_return co_await list(db, std::move(q));
    };
}

void install_types(graphql::graph& g)
{
    g.name<account>("LedgerAccount");
    g.name<adjustable>("AdjustableAccount");
    g.object<payout>("Payout", "Money on its way to a host.")
        .reference<public_profile>("host", &payout::host, "To whom.");
    g.object<dispute>("Dispute", "What a guest's bank takes back.")
        .reference<payment>("payment", &dispute::payment, "Of which payment.")
        .reference<booking>("booking", &dispute::booking, "Of which booking.")
        .reference<public_profile>("guest", &dispute::guest, "Whose guest; null when the account is closed.")
        .reference<public_profile>("host", &dispute::host, "Whose host; null when the account is closed.");
    g.object<adjustment>("Adjustment", "An amount moved by hand between two accounts of the ledger.");
    g.object<hold>("PayoutHold", "What is not paid out.")
        .reference<public_profile>("host", &hold::host, "Whose money; null when the account is closed.")
        .reference<booking>("booking", &hold::booking, "What this booking has brought; all when null.");
    g.object<audit_entry>("AuditEntry", "Who did what about money.")
        .reference<public_profile>("actor", &audit_entry::actor, "Who; null when the account is closed.");
}

void install_lists(graphql::graph& g, pg::database& db)
{
    g.query()
        .connection<payout, payout_filter>("payouts", "Payouts of all hosts, as an admin; newest first.",
                                           list_at(g, db, "/admin/payouts/", list_payouts))
        .connection<refund, refund_filter>("refusedRefunds",
                                           "Refunds that their providers have refused, as an admin; newest first.",
                                           list_at(g, db, "/admin/refunds/", list_refused_refunds))
        .connection<dispute, dispute_filter>("disputes", "Disputes, as an admin; newest first.",
                                             list_at(g, db, "/admin/disputes/", list_disputes))
        .field<dispute, by_id>("dispute", "A dispute, as an admin.",
                               [&db, rule = g.rule_of(http::method::get, "/admin/disputes/{dispute_id}/")](
                                   context& c, by_id a) -> task<result<dispute>> {
                                   if (auto good = rule(c); !good) co_return std::unexpected{std::move(good.error())};
                                   co_return co_await find_dispute(db, a.id);
                               })
        .connection<adjustment, adjustment_filter>("adjustments",
                                                   "Adjustments of the ledger, as an admin; newest first.",
                                                   list_at(g, db, "/admin/adjustments/", list_adjustments))
        .connection<hold, hold_filter>("payoutHolds", "What is not paid out, as an admin; newest first.",
                                       list_at(g, db, "/admin/payout-holds/", list_holds))
        .connection<audit_entry, audit_filter>("audit", "Who did what about money, as an admin; newest first.",
                                               list_at(g, db, "/admin/audit/", list_audit));
}

}  // namespace

void install_admin_graph(graphql::graph& g, pg::database& db)
{
    using enum http::method;
    install_types(g);
    install_lists(g, db);
    const std::string adjustments = "/admin/adjustments/", holds = "/admin/payout-holds/";
    g.mutation("createAdjustment", post, adjustments, {.gives = "adjustment"});
    g.mutation("approveAdjustment", post, adjustments + "{adjustment_id}/approve/", {.gives = "adjustment"});
    g.mutation("refuseAdjustment", post, adjustments + "{adjustment_id}/refuse/", {.gives = "adjustment"});
    g.mutation("placePayoutHold", post, holds, {.gives = "hold"});
    g.mutation("releasePayoutHold", post, holds + "{hold_id}/release/", {});
    g.mutation("retryPayout", post, "/admin/payouts/{payout_id}/retry/", {.gives = "payout"});
    g.mutation("retryRefund", post, "/admin/refunds/{refund_id}/retry/", {.gives = "refund"});
}

}  // namespace roost::payments
