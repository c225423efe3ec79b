#include "notifications/rest.hpp"

#include "notifications/rendering.hpp"
#include "notifications/words.hpp"

namespace roost::notifications {
namespace {

using http::body;
using http::query;
using http::signed_in;

void install_list(http::api& a, service& s)
{
    a.tag("Notifications");
    a.get("/notifications/", "What you were told, the latest first.")
        .handle([&s](signed_in who, query<notification_query> q) -> task<result<http::page<notification>>> {
            auto found = co_await s.list(who, std::move(q.value));
            if (!found) co_return std::unexpected{std::move(found.error())};
            co_return http::page<notification>{std::move(found->results), std::move(found->next),
                                               std::move(found->previous), found->count};
        });
    a.get("/notifications/unread-count/", "How many you have not read.")
        .handle([&s](signed_in who) -> task<result<unread_count>> { co_return co_await s.unread(who); });
    a.post("/notifications/{notification_id}/read/", "Mark one as read.")
        .handle([&s](signed_in who, pg::tx& tx, notification_id n) -> task<result<notification>> {
            co_return co_await s.read(tx, who, n);
        });
    a.post("/notifications/read-all/", "Mark all as read.")
        .handle(
            [&s](signed_in who, pg::tx& tx) -> task<result<unread_count>> { co_return co_await s.read_all(tx, who); });
}

void install_preferences(http::api& a, service& s)
{
    a.get("/notifications/preferences/", "How you want to be told what.")
        .handle([&s](signed_in who) -> task<result<preferences>> { co_return co_await s.find_preferences(who); });
    a.patch("/notifications/preferences/", "Change how you want to be told.")
        .details("A merge patch (RFC 7396). What concerns your account and your bookings cannot be switched off.")
        .handle([&s](signed_in who, pg::tx& tx, body<preference_changes> changes) -> task<result<preferences>> {
            co_return co_await s.change_preferences(tx, who, changes.value);
        });
}

http::response document(int status, std::string html)
{
    http::response r;
    r.status = status;
    r.content_type = "text/html; charset=utf-8";
    r.body = std::move(html);
    r.set("Cache-Control", "no-store");
    r.set("Content-Security-Policy",
          "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'");
    r.set("Referrer-Policy", "no-referrer");
    return r;
}

/// Asks at GET, since programs that look at mails follow links; does it at POST, as RFC 8058 has mail programs do.
task<http::response> unsubscribe(service& s, const http::request& r)
{
    const bool post = r.method == http::method::post;
    const auto token = r.query.starts_with("t=") ? r.query.substr(2) : std::string_view{};
    const auto locale = co_await s.unsubscribe(token, post);
    const auto& words = language_of(locale.value_or("en"));
    const auto& title = words.word("unsubscribe_title");
    if (!locale) co_return document(404, page("en", title, words.word("unsubscribe_bad"), {}));
    if (post) co_return document(200, page(*locale, title, words.word("unsubscribe_done"), {}));
    co_return document(200, page(*locale, title, words.word("unsubscribe_ask"), words.word("unsubscribe_button")));
}

}  // namespace

void install_rest(http::api& a, service& s)
{
    install_list(a, s);
    install_preferences(a, s);
    a.raw("/unsubscribe", [&s](const http::request& r) { return unsubscribe(s, r); },
          {http::method::get, http::method::post});
}

}  // namespace roost::notifications
