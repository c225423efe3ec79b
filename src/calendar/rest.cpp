#include "calendar/rest.hpp"

#include "platform/http/answering.hpp"
#include "platform/many.hpp"

namespace roost::calendar {
namespace {

using http::body;
using http::created_at;
using http::one_page;
using http::query;
using http::signed_in;

void install_openings(http::api& a, openings& c)
{
    a.get("/properties/{property_id}/availability/", "Which nights are free.")
        .handle([&c](http::maybe_signed_in who, property_id p, query<window_query> w) -> task<result<availability>> {
            return only(c.look(who.who, just(p), w.value));
        });
    a.get("/properties/{property_id}/blocks/", "Nights closed by hand, import or feed from today on, as the host.")
        .fails_with(errc::not_allowed)
        .handle([&c](signed_in who, property_id p, query<blocks_query> q) -> task<result<http::page<block>>> {
            return only(c.blocks(who, just(p), std::move(q.value)));
        });
    a.post("/properties/{property_id}/blocks/", "Close nights, as the host.")
        .fails_with(errc::not_allowed, errc::dates_taken)
        .details("Blocks by hand that overlap or touch become one, which is the answer.")
        .handle([&c](signed_in who, pg::tx& tx, property_id p, body<nights> n) -> task<result<http::created<block>>> {
            co_return created_at("/properties/" + p.text() + "/blocks/", co_await c.close(tx, who, p, n.value));
        });
    a.del("/properties/{property_id}/blocks/{block_id}/", "Open a block's nights again, as the host.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .details("Not one of a feed, whose calendar goes on closing them.")
        .handle([&c](signed_in who, pg::tx& tx, property_id p, block_id b) -> task<result<http::no_content>> {
            auto opened = co_await c.open(tx, who, p, b);
            if (!opened) co_return std::unexpected{std::move(opened.error())};
            co_return http::no_content{};
        });
}

void install_calendar(http::api& a, service& s)
{
    a.get("/properties/{property_id}/calendar/", "Each night with its price, its rules, and whether it is free.")
        .handle(
            [&s](http::maybe_signed_in who, property_id p, query<window_query> w) -> task<result<property_calendar>> {
                return only(s.look(who.who, just(p), w.value));
            });
    a.patch("/properties/{property_id}/calendar/", "Change days, spans or weekdays, as the host.")
        .fails_with(errc::not_allowed, errc::dates_taken)
        .details("What an edit does not mention stays; null takes back what was said of those days.")
        .handle(
            [&s](signed_in who, pg::tx& tx, property_id p, body<calendar_edits> b) -> task<result<calendar_edited>> {
                co_return co_await s.edit(tx, who, p, std::move(b.value));
            });
    a.get("/properties/{property_id}/pricing/", "What nights, guests, lengths of stay and taxes cost.")
        .handle([&s](http::maybe_signed_in who, property_id p) -> task<result<property_pricing>> {
            return only(s.pricing_of(who.who, just(p)));
        });
    a.put("/properties/{property_id}/pricing/", "Set the rules of prices that are not about dates, as the host.")
        .fails_with(errc::not_allowed, errc::version_mismatch)
        .details("Replaces all of them. Amounts are in the currency of the property's nightly_price.")
        .handle([&s](signed_in who, pg::tx& tx, property_id p, http::if_match expected,
                     body<pricing> b) -> task<result<property_pricing>> {
            co_return co_await s.set_pricing(tx, who, p, expected, std::move(b.value));
        });
}

void install_seasons(http::api& a, service& s)
{
    a.get("/properties/{property_id}/seasons/", "The seasons of a property, in order.")
        .handle([&s](http::maybe_signed_in who, property_id p) -> task<result<http::page<season>>> {
            co_return one_page(co_await only(s.seasons(who.who, just(p))));
        });
    a.post("/properties/{property_id}/seasons/", "Add a season, as the host.")
        .fails_with(errc::not_allowed, errc::wrong_state)
        .details("Seasons do not overlap. A day with something said of it goes before its season.")
        .handle([&s](signed_in who, pg::tx& tx, property_id p,
                     body<season_terms> b) -> task<result<http::created<season>>> {
            co_return created_at("/properties/" + p.text() + "/seasons/",
                                 co_await s.add_season(tx, who, p, std::move(b.value)));
        });
    a.put("/properties/{property_id}/seasons/{season_id}/", "Replace a season, as the host.")
        .fails_with(errc::not_allowed)
        .handle(
            [&s](signed_in who, pg::tx& tx, property_id p, season_id id, body<season_terms> b) -> task<result<season>> {
                co_return co_await s.change_season(tx, who, p, id, std::move(b.value));
            });
    a.del("/properties/{property_id}/seasons/{season_id}/", "Remove a season, as the host.")
        .fails_with(errc::not_allowed)
        .handle([&s](signed_in who, pg::tx& tx, property_id p, season_id id) -> task<result<http::no_content>> {
            auto removed = co_await s.remove_season(tx, who, p, id);
            if (!removed) co_return std::unexpected{std::move(removed.error())};
            co_return http::no_content{};
        });
}

}  // namespace

void install_rest(http::api& a, openings& o, service& s)
{
    a.tag("Calendar");
    install_openings(a, o);
    install_calendar(a, s);
    install_seasons(a, s);
}

}  // namespace roost::calendar
