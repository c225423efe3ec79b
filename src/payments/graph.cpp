#include "payments/graph.hpp"

#include "payments/receipts/service.hpp"
#include "payments/service.hpp"

namespace roost::payments {
namespace {

using bookings::booking;
using graphql::batch;
using graphql::context;
using graphql::nothing;

struct by_id
{
    payment_id id;

    static constexpr auto fields = schema::fields(field<&by_id::id>("id", "Which."));
};

std::unexpected<error> nobody() { return fail(errc::not_signed_in, "sign in first"); }

void install_payments(graphql::graph& g, service& s)
{
    g.object<payment>("Payment", "Money for a booking, for its guest and its host.")
        .node([&s](context& c, std::vector<payment_id> ids) -> task<std::vector<payment>> {
            if (!c.who) co_return std::vector<payment>{};
            co_return co_await s.find_all(*c.who, std::move(ids));
        })
        .reference<booking>("booking", &payment::booking, "What for.");
    g.object<refund>("Refund", "What of a payment is given back.")
        .reference<payment>("payment", &refund::payment, "Of what; null when it is somebody else's.");
    g.extend<payment>().fetch<std::vector<refund>, nothing>(
        "refunds", "What of it is given back, newest first.", 1,
        [&s](batch& b, std::span<const payment* const> parents,
             nothing) -> task<std::vector<result<std::vector<refund>>>> {
            auto found = co_await s.refunds_of(*b.context.who, graphql::ids_of(parents));
            co_return graphql::dealt(parents, std::move(found), &refund::payment);
        });
    g.extend<booking>().fetch<std::vector<payment>, nothing>(
        "payments", "Its payments, newest first.", 1,
        [&s](batch& b, std::span<const booking* const> parents,
             nothing) -> task<std::vector<result<std::vector<payment>>>> {
            auto found = co_await s.of_bookings(*b.context.who, graphql::ids_of(parents));
            co_return graphql::dealt(parents, std::move(found), &payment::booking);
        });
    g.query()
        .field<payment, by_id>("payment", "A payment, as guest or host of the booking.",
                               [&s](context& c, by_id a) -> task<result<payment>> {
                                   if (!c.who) co_return nobody();
                                   co_return co_await s.find(*c.who, a.id);
                               })
        .connection<payment, payment_filter>("payments", "One's own payments, or those for one's own places.",
                                             [&s](batch& b, payment_filter f) -> task<result<http::page<payment>>> {
                                                 if (!b.context.who) co_return nobody();
                                                 auto page = co_await s.list(*b.context.who, std::move(f));
                                                 if (!page) co_return std::unexpected{std::move(page.error())};
                                                 co_return http::page<payment>{
                                                     std::move(page->results), std::move(page->next),
                                                     std::move(page->previous), page->count, std::move(page->places)};
                                             });
}

void install_receipts(graphql::graph& g, receipt_service& r)
{
    g.object<receipt>("Receipt", "What a booking cost, what was paid of it, and what was given back.");
    g.extend<booking>().fetch<receipt, nothing>(
        "receipt", "What it cost, what was paid of it, and what was given back.", 1,
        [&r](batch& b, std::span<const booking* const> parents, nothing) -> task<std::vector<result<receipt>>> {
            std::vector<result<receipt>> all;
            for (auto& found : co_await r.find(*b.context.who, graphql::ids_of(parents)))
                all.push_back(std::move(found).transform([](found_receipt f) { return std::move(f.shown); }));
            co_return all;
        });
}

}  // namespace

void install_graph(graphql::graph& g, service& s, receipt_service& r)
{
    using enum http::method;
    g.name<provider>("PaymentProvider");
    g.name<action_kind>("NextActionKind");
    g.name<issuer>("ReceiptIssuer");
    install_payments(g, s);
    install_receipts(g, r);
    g.mutation("createPayment", post, "/payments/", {.gives = "payment"});
    g.mutation("cancelPayment", post, "/payments/{payment_id}/cancel/", {.gives = "payment"});
    g.mutation("createRefund", post, "/payments/{payment_id}/refunds/", {.gives = "refund"});
}

}  // namespace roost::payments
