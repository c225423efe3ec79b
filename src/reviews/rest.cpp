#include "reviews/rest.hpp"

#include "platform/http/api.hpp"
#include "platform/many.hpp"
#include "reviews/service.hpp"

namespace roost::reviews {
namespace {

using http::body;
using http::maybe_signed_in;
using http::query;
using http::signed_in;

void install_writing(http::api& a, service& s)
{
    a.post("/reviews/", "Review a stay that is over, as its guest or its host.")
        .fails_with(errc::wrong_state)
        .details(
            "The guest reviews the property, the host the guest. Hidden from the other side until it has written too, "
            "or until 15 days after check-out, 0:00 at the property; until then it can be changed.")
        .handle([&s](signed_in who, pg::tx& tx, body<new_review> said) -> task<result<http::created<review>>> {
            auto made = co_await s.write(tx, who, std::move(said.value));
            if (!made) co_return std::unexpected{std::move(made.error())};
            auto place = "/reviews/" + made->id.text() + "/";
            co_return http::created<review>{std::move(place), *std::move(made)};
        });
    a.patch("/reviews/{review_id}/", "Change a review of one's own that is still blind.")
        .details("A merge patch (RFC 7396).")
        .fails_with(errc::not_allowed, errc::wrong_state, errc::version_mismatch)
        .handle([&s](signed_in who, pg::tx& tx, review_id id, http::if_match expected,
                     body<review_changes> changes) -> task<result<review>> {
            co_return co_await s.change(tx, who, id, std::move(expected), std::move(changes.value));
        });
    a.post("/reviews/{review_id}/reply/", "Reply to a review, once, as who was reviewed.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, review_id id, body<review_reply> b) -> task<result<review>> {
            co_return co_await s.reply(tx, who, id, std::move(b.value.reply));
        });
    a.post("/reviews/{review_id}/report/", "Report a review to the admins, once.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, review_id id, body<review_reason> b) -> task<result<http::no_content>> {
            auto done = co_await s.report(tx, who, id, std::move(b.value.reason));
            if (!done) co_return std::unexpected{std::move(done.error())};
            co_return http::no_content{};
        });
}

void install_reading(http::api& a, service& s)
{
    a.get("/reviews/{review_id}/", "Read a review.")
        .handle([&s](maybe_signed_in who, review_id id) -> task<result<review>> {
            co_return co_await s.find(who.who, id);
        });
    a.get("/bookings/{booking_id}/reviews/", "What was written about a stay, and until when it can be.")
        .handle([&s](signed_in who, booking_id id) -> task<result<booking_reviews>> {
            co_return co_await only(s.of_bookings(who, just(id)));
        });
    a.get("/properties/{property_id}/reviews/", "What guests say of a property.")
        .handle([&s](maybe_signed_in who, property_id id,
                     query<property_reviews_query> q) -> task<result<http::page<review>>> {
            co_return co_await s.of_property(who.who, id, std::move(q.value));
        });
    a.get("/users/{user_id}/reviews/", "What others say of somebody, as a guest and as a host.")
        .shared()
        .handle([&s](user_id id, query<person_reviews_query> q) -> task<result<http::page<review>>> {
            co_return co_await only(s.of_people(just(id), std::move(q.value)));
        });
}

void install_moderation(http::api& a, service& s)
{
    a.get("/reviews/reports/", "What people object to, as an admin; the oldest first.")
        .needs(role::admin)
        .handle([&s](query<reports_query> q) -> task<result<http::page<report>>> {
            co_return co_await s.reports(std::move(q.value));
        });
    a.post("/reviews/{review_id}/hide/", "Take a review out of sight, as an admin.")
        .details("It counts in no rating as long as it is hidden. Kept with the reason.")
        .needs(role::admin)
        .fails_with(errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, review_id id, body<review_reason> b) -> task<result<review>> {
            co_return co_await s.hide(tx, who, id, std::move(b.value.reason));
        });
    a.post("/reviews/{review_id}/restore/", "Show a hidden review again, or let a reported one stay, as an admin.")
        .details("Answers what was reported of it. Kept with the reason.")
        .needs(role::admin)
        .fails_with(errc::wrong_state)
        .handle([&s](signed_in who, pg::tx& tx, review_id id, body<review_reason> b) -> task<result<review>> {
            co_return co_await s.restore(tx, who, id, std::move(b.value.reason));
        });
}

}  // namespace

void install(http::api& a, service& s)
{
    a.tag("Reviews");
    install_writing(a, s);
    install_reading(a, s);
    install_moderation(a, s);
}

}  // namespace roost::reviews
