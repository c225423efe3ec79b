#include "bookings/rest.hpp"

#include "bookings/alterations.hpp"
#include "bookings/service.hpp"
#include "platform/http/answering.hpp"
#include "platform/http/api.hpp"
#include "platform/many.hpp"

namespace roost::bookings {
namespace {

using http::body;
using http::created_at;
using http::one_page;
using http::query;
using http::signed_in;

void install_quotes(http::api& a, service& s)
{
    a.tag("Quotes");
    a.post("/properties/{property_id}/quote/", "Ask what a stay costs.")
        .fails_with(errc::not_allowed, errc::dates_taken)
        .details("The price holds until the quote expires. Every stay rule that is broken is reported.")
        .handle([&s](signed_in who, pg::tx& tx, property_id p,
                     body<new_quote> asked) -> task<result<http::created<quote>>> {
            co_return created_at("/quotes/", co_await s.make_quote(tx, who, p, asked.value));
        });
    a.get("/quotes/{quote_id}/", "Read a quote of one's own.")
        .handle([&s](signed_in who, quote_id q) -> task<result<quote>> { co_return co_await s.find_quote(who, q); });
}

void install_bookings(http::api& a, service& s)
{
    a.tag("Bookings");
    a.post("/bookings/", "Book a stay from a quote.")
        .idempotent()
        .fails_with(errc::dates_taken, errc::quote_expired, errc::too_many_requests)
        .handle([&s](signed_in who, pg::tx& tx, body<new_booking> b) -> task<result<http::created<booking>>> {
            co_return created_at("/bookings/", co_await s.book(tx, who, std::move(b.value)));
        });
    a.get("/bookings/", "List one's own stays, or those at one's own places.")
        .handle([&s](signed_in who, query<booking_filter> f) -> task<result<http::page<booking>>> {
            auto page = co_await s.list(who, std::move(f.value));
            if (!page) co_return std::unexpected{std::move(page.error())};
            co_return http::page<booking>{std::move(page->results), std::move(page->next), std::move(page->previous),
                                          page->count};
        });
    a.get("/bookings/{booking_id}/", "Read a booking, as its guest or host.")
        .handle([&s](signed_in who, booking_id b) -> task<result<booking>> { co_return co_await s.find(who, b); });
    a.get("/bookings/{booking_id}/history/", "What happened to a booking, in order.")
        .handle([&s](signed_in who, booking_id b) -> task<result<http::page<booking_event>>> {
            co_return one_page(co_await only(s.history(who, just(b))));
        });
}

void install_moves(http::api& a, service& s)
{
    a.post("/bookings/{booking_id}/accept/", "Accept a request, as its host.")
        .fails_with(errc::not_allowed, errc::wrong_state, errc::dates_taken)
        .handle([&s](signed_in who, pg::tx& tx, booking_id b) -> task<result<booking>> {
            co_return co_await s.accept(tx, who, b);
        });
    a.post("/bookings/{booking_id}/decline/", "Decline a request, as its host.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, booking_id b, body<why> y) -> task<result<booking>> {
            co_return co_await s.decline(tx, who, b, std::move(y.value.reason));
        });
    a.post("/bookings/{booking_id}/cancel/", "Cancel a booking, as its guest or host.")
        .fails_with(errc::wrong_state)
        .details("A guest gets back what the cancellation policy gives; when the host cancels, everything.")
        .handle([&s](signed_in who, pg::tx& tx, booking_id b, body<why> y) -> task<result<cancelled_booking>> {
            co_return co_await s.cancel(tx, who, b, std::move(y.value.reason));
        });
    a.get("/bookings/{booking_id}/cancellation-preview/", "What cancelling would give back, now and later.")
        .fails_with(errc::wrong_state)
        .handle([&s](signed_in who, booking_id b) -> task<result<cancellation_preview>> {
            co_return co_await only(s.preview(who, just(b)));
        });
    a.post("/bookings/{booking_id}/no-show/", "Say that the guest never came, as the host.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .details("From 24 hours after check-in, and in the last six hours of stays that are over before that.")
        .handle([&s](signed_in who, pg::tx& tx, booking_id b, body<why> y) -> task<result<cancelled_booking>> {
            co_return co_await s.no_show(tx, who, b, std::move(y.value.reason));
        });
}

void install_alterations(http::api& a, alterations& s)
{
    a.tag("Alterations");
    a.get("/bookings/{booking_id}/alterations/", "The changes proposed for a booking, newest first.")
        .handle([&s](signed_in who, booking_id b) -> task<result<http::page<alteration>>> {
            co_return one_page(co_await only(s.list(who, just(b))));
        });
    a.post("/bookings/{booking_id}/alterations/", "Propose other nights or guests, as guest or host.")
        .fails_with(errc::not_allowed, errc::wrong_state, errc::dates_taken, errc::too_many_requests)
        .details(
            "Priced and checked by the prices and rules of now. The other side has 24 hours to answer, and never "
            "past check-in. During a stay only its end and the number of guests can change.")
        .handle([&s](signed_in who, pg::tx& tx, booking_id b,
                     body<new_alteration> asked) -> task<result<http::created<alteration>>> {
            auto place = "/bookings/" + b.text() + "/alterations/";
            co_return created_at(place, co_await s.propose(tx, who, b, std::move(asked.value)));
        });
    const std::string one = "/bookings/{booking_id}/alterations/{alteration_id}/";
    a.post(one + "accept/", "Agree to a change, as the other side.")
        .fails_with(errc::not_allowed, errc::wrong_state, errc::dates_taken)
        .details("Takes exactly what was proposed, at the price that was shown; or nothing changes.")
        .handle([&s](signed_in who, pg::tx& tx, booking_id b, alteration_id c) -> task<result<alteration>> {
            co_return co_await s.accept(tx, who, b, c);
        });
    a.post(one + "decline/", "Decline a change, as the other side.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .handle(
            [&s](signed_in who, pg::tx& tx, booking_id b, alteration_id c, body<why> y) -> task<result<alteration>> {
                co_return co_await s.decline(tx, who, b, c, std::move(y.value.reason));
            });
    a.post(one + "cancel/", "Take back a proposal of one's own.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, booking_id b, alteration_id c) -> task<result<alteration>> {
            co_return co_await s.cancel(tx, who, b, c);
        });
}

}  // namespace

void install(http::api& a, service& s, alterations& changes)
{
    install_quotes(a, s);
    install_bookings(a, s);
    install_moves(a, s);
    install_alterations(a, changes);
}

}  // namespace roost::bookings
