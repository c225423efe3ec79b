#include "feeds/rest.hpp"

#include "feeds/addresses.hpp"
#include "feeds/service.hpp"
#include "platform/http/answering.hpp"
#include "platform/http/api.hpp"
#include "platform/http/problem.hpp"
#include "platform/many.hpp"

namespace roost::feeds {
namespace {

using http::body;
using http::one_page;
using http::signed_in;

constexpr std::string_view place = "/ical/";

result<http::no_content> nothing(result<void> done)
{
    if (!done) return std::unexpected{std::move(done.error())};
    return http::no_content{};
}

/// As the caller reaches us. Who lies in Host gets an address that leads nowhere.
std::string origin_of(const http::request& r)
{
    const auto host = r.find("host");
    return host ? (r.secure ? "https://" : "http://") + std::string{*host} : std::string{};
}

void install_feeds(http::api& a, service& s)
{
    a.tag("Shared calendars");
    a.get("/properties/{property_id}/feeds/",
          "List the calendars of other platforms that close nights here, as the host.")
        .fails_with(errc::not_allowed)
        .handle([&s](signed_in who, property_id p) -> task<result<http::page<feed>>> {
            co_return one_page(co_await only(s.list(who, just(p))));
        });
    a.post("/properties/{property_id}/feeds/", "Read a calendar of another platform from now on, as the host.")
        .fails_with(errc::not_allowed)
        .details(
            "It is fetched at once and then regularly. What it closes is closed here; what cannot be read changes "
            "nothing. DTEND is the day of departure.")
        .handle([&s](signed_in who, pg::tx& tx, property_id p, body<new_feed> f) -> task<result<http::created<feed>>> {
            auto made = co_await s.add(tx, who, p, std::move(f.value));
            if (!made) co_return std::unexpected{std::move(made.error())};
            auto location = "/feeds/" + made->id.text() + "/";
            co_return http::created<feed>{std::move(location), *std::move(made)};
        });
    a.get("/properties/{property_id}/conflicts/",
          "Confirmed stays on nights that another calendar closes, as the host.")
        .fails_with(errc::not_allowed)
        .handle([&s](signed_in who, property_id p) -> task<result<http::page<conflict>>> {
            co_return one_page(co_await only(s.conflicts(who, just(p))));
        });
}

void install_feed(http::api& a, service& s)
{
    a.get("/feeds/{feed_id}/", "Read a feed and its health.")
        .handle([&s](signed_in who, feed_id f) -> task<result<feed>> { co_return co_await s.find(who, f); });
    a.patch("/feeds/{feed_id}/", "Rename a feed, or read it at another address.")
        .handle([&s](signed_in who, pg::tx& tx, feed_id f, body<feed_changes> c) -> task<result<feed>> {
            co_return co_await s.change(tx, who, f, std::move(c.value));
        });
    a.del("/feeds/{feed_id}/", "Read it no more. What only it closed is free again.")
        .handle([&s](signed_in who, pg::tx& tx, feed_id f) -> task<result<http::no_content>> {
            co_return nothing(co_await s.remove(tx, who, f));
        });
    a.post("/feeds/{feed_id}/refresh/", "Fetch a feed now.")
        .fails_with(errc::too_many_requests)
        .handle([&s](signed_in who, pg::tx& tx, feed_id f) -> task<result<feed>> {
            co_return co_await s.refresh(tx, who, f);
        });
    a.get("/feeds/{feed_id}/history/", "The last 100 fetches of a feed, the latest first.")
        .handle([&s](signed_in who, feed_id f) -> task<result<http::page<fetch_record>>> {
            co_return one_page(co_await only(s.history(who, just(f))));
        });
    a.get("/feeds/{feed_id}/nights/", "The nights a feed closes, in order.")
        .handle([&s](signed_in who, feed_id f) -> task<result<http::page<night_range>>> {
            co_return one_page(co_await only(s.nights(who, just(f))));
        });
}

void install_addresses(http::api& a, addresses& s)
{
    a.get("/properties/{property_id}/ical/", "List the addresses at which others read the calendar, as the host.")
        .fails_with(errc::not_allowed)
        .handle([&s](signed_in who, property_id p) -> task<result<http::page<ical_address>>> {
            co_return one_page(co_await only(s.list(who, just(p))));
        });
    a.post("/properties/{property_id}/ical/", "Make a secret address for another platform, as the host.")
        .fails_with(errc::not_allowed)
        .details("The address is shown this once. One for each platform lets each be revoked by itself.")
        .handle([&s](signed_in who, pg::tx& tx, property_id p, body<new_address> b,
                     const http::request& r) -> task<result<http::created<made_address>>> {
            auto made = co_await s.add(tx, who, p, std::move(b.value), origin_of(r));
            if (!made) co_return std::unexpected{std::move(made.error())};
            auto location = "/properties/" + p.text() + "/ical/";
            co_return http::created<made_address>{std::move(location), *std::move(made)};
        });
    a.del("/properties/{property_id}/ical/{address_id}/", "Revoke an address, as the host.")
        .fails_with(errc::not_allowed)
        .handle([&s](signed_in who, pg::tx& tx, property_id p, address_id i) -> task<result<http::no_content>> {
            co_return nothing(co_await s.revoke(tx, who, p, i));
        });
}

/// "/ical/{address_id}.ics?s=SECRET". The secret is in the query, which is not logged.
task<http::response> answer(addresses& s, const http::request& r)
{
    auto name = r.path.substr(place.size());
    const bool is_calendar = name.ends_with(".ics");
    if (is_calendar) name.remove_suffix(4);
    const auto id = is_calendar ? address_id::parse(name) : std::nullopt;
    std::optional<rendered_calendar> calendar;  // not by ?: – GCC 14 performs an awaited branch of it twice
    if (id && r.query.starts_with("s=")) calendar = co_await s.render(*id, r.query.substr(2));
    if (!calendar) co_return http::problem(error{errc::not_found, "there is no calendar here", {}, {}}, r);

    http::response out;
    const auto known = r.find("if-none-match");
    if (known && (*known == "*" || known->contains(calendar->etag)))
        out.status = 304;
    else
    {
        out.content_type = "text/calendar; charset=utf-8";
        out.body = calendar->text;
    }
    out.set("ETag", calendar->etag);
    out.set("Cache-Control", "private, no-cache");
    out.set("X-Robots-Tag", "noindex");
    co_return out;
}

}  // namespace

void install(http::api& a, service& s, addresses& read_by_others)
{
    install_feeds(a, s);
    install_feed(a, s);
    install_addresses(a, read_by_others);
    a.raw_below(std::string{place}, "/ical/{address_id}.ics",
                [&read_by_others](const http::request& r) { return answer(read_by_others, r); });
}

}  // namespace roost::feeds
