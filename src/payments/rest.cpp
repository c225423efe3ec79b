#include "payments/rest.hpp"

#include "payments/inbox.hpp"
#include "payments/service.hpp"
#include "platform/http/answering.hpp"
#include "platform/http/api.hpp"
#include "platform/http/problem.hpp"

namespace roost::payments {
namespace {

using http::body;
using http::created_at;
using http::one_page;
using http::query;
using http::signed_in;

task<http::response> receive(inbox& i, provider p, const gateway& g, std::size_t prefix, const http::request& r)
{
    event_request e{.body = r.body, .path = {}, .peer = std::string{r.peer}, .header = [&r](std::string_view name) {
                        return r.find(name);
                    }};
    if (r.path.size() > prefix) e.path = r.path.substr(prefix);
    const auto done = co_await i.receive(p, std::move(e));
    if (!done) co_return http::problem(done.error(), r);
    http::response taken;
    taken.content_type = "application/json";
    taken.set("Cache-Control", "no-store");
    taken.body = std::string{g.thanks()};
    co_return taken;
}

void install_reading(http::api& a, service& s)
{
    a.get("/payments/", "List one's own payments, or those for one's own places.")
        .handle([&s](signed_in who, query<payment_filter> f) -> task<result<http::page<payment>>> {
            auto page = co_await s.list(who, std::move(f.value));
            if (!page) co_return std::unexpected{std::move(page.error())};
            co_return http::page<payment>{std::move(page->results), std::move(page->next), std::move(page->previous),
                                          page->count};
        });
    a.get("/payments/{payment_id}/", "Read a payment, as guest or host of the booking.")
        .handle([&s](signed_in who, payment_id p) -> task<result<payment>> { co_return co_await s.find(who, p); });
    a.get("/payments/{payment_id}/refunds/", "What of a payment is given back, newest first.")
        .handle([&s](signed_in who, payment_id p) -> task<result<http::page<refund>>> {
            co_return one_page(co_await s.refunds(who, p));
        });
    a.get("/bookings/{booking_id}/payments/", "The payments of a booking, newest first.")
        .handle([&s](signed_in who, booking_id b) -> task<result<http::page<payment>>> {
            co_return one_page(co_await s.of_booking(who, b));
        });
}

}  // namespace

void install(http::api& a, service& s)
{
    a.tag("Payments");
    a.post("/payments/", "Pay for a booking of one's own.")
        .in_steps()
        .fails_with(errc::not_allowed, errc::wrong_state, errc::too_many_requests)
        .details(
            "The amount is what is due. A request that its host has yet to answer is paid by money that is held; it is "
            "taken when the host accepts. Once the payment has succeeded the booking is confirmed.")
        .prepare([&s](signed_in who, http::work w, body<new_payment> asked) -> task<result<started>> {
            co_return co_await s.start(who, w.id, asked.value);
        })
        .handle([&s](signed_in, pg::tx& tx, body<new_payment>,
                     http::prepared<started> begun) -> task<result<http::created<payment>>> {
            result<payment> made = co_await s.settle(tx, begun.value.payment, next_step::begin, begun.value.answer);
            co_return created_at("/payments/", std::move(made));
        });
    install_reading(a, s);
    a.post("/payments/{payment_id}/cancel/", "Give up a payment that has not come to anything.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .details("The provider is told soon. What it has taken by then is treated as paid.")
        .handle([&s](signed_in who, pg::tx& tx, payment_id p) -> task<result<payment>> {
            co_return co_await s.abandon(tx, who, p);
        });
    a.post("/payments/{payment_id}/refunds/", "Give back a payment or a part of it.")
        .needs(role::admin)
        .idempotent()
        .fails_with(errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, payment_id p,
                     body<new_refund> asked) -> task<result<http::created<refund>>> {
            auto place = "/payments/" + p.text() + "/refunds/";
            co_return created_at(place, co_await s.refund_by_admin(tx, who, p, std::move(asked.value)));
        });
}

void install_webhooks(http::api& a, inbox& i, const gateways& g)
{
    for (const auto& [p, gateway] : g.all())
    {
        const auto path = a.prefix() + "/webhooks/" + std::string{name_of(p)};
        const auto answer = [&i, p, &g = *gateway, below = path.size() + 1](const http::request& r) {
            return receive(i, p, g, below, r);
        };
        a.raw(path, answer, {http::method::post});
        a.raw(path + "/", answer, {http::method::post});
        if (gateway->has_own_addresses()) a.raw_below(path + "/", path + "/{token}", answer, {http::method::post});
    }
}

}  // namespace roost::payments
