#include "notifications/service.hpp"

#include <format>

#include "notifications/queries.hpp"
#include "notifications/unsubscribing.hpp"
#include "platform/http/cursor.hpp"

namespace roost::notifications {
namespace {

constexpr std::chrono::days mails_kept{30}, notifications_kept{365};
constexpr int tidied_at_once = 1'000;

struct switched_off
{
    notifications::category category;
    notifications::channel channel;

    static constexpr auto fields =
        schema::fields(field<&switched_off::category>("category"), field<&switched_off::channel>("channel"));
};

struct kept_row
{
    mail::message message;

    static constexpr auto fields = schema::fields(field<&kept_row::message>("message"));
};

/// As http::cut_page wants it: the order is that of ids alone.
struct row
{
    notification shown;
    std::int64_t key = 0;
    notification_id id;
};

/// Of preferences their channels, of changes what they change.
template <class Preferences>
auto& of_category(Preferences& p, category c)
{
    switch (c)
    {
        case category::account: return p.account;
        case category::booking: return p.booking;
        case category::reminder: return p.reminder;
        case category::review: return p.review;
        case category::calendar: break;
    }
    return p.calendar;
}

constexpr auto every_category =
    std::to_array({category::account, category::booking, category::reminder, category::review, category::calendar});

}  // namespace

task<result<notification_page>> service::list(const identity& who, notification_query q)
{
    const auto name = std::format("notifications {} {}", who.user.text(), q.unread ? "unread" : "all");
    std::optional<http::cursor> from;
    if (q.cursor)
    {
        auto given = http::decode_cursor(*q.cursor, name);
        if (!given) co_return std::unexpected{std::move(given.error())};
        from = *given;
    }
    const auto place = from ? std::optional{notification_id{from->id}} : std::nullopt;
    const auto& list = from && from->backwards ? sql::list_notifications_before : sql::list_notifications;
    std::vector<row> rows;
    for (auto& n : co_await db_.all<notification>(list, who.user, place, q.unread, q.limit + 1))
        rows.push_back({n, 0, n.id});
    auto links = http::cut_page(rows, static_cast<std::size_t>(q.limit), from, name);
    notification_page page{.results = {},
                           .next = std::move(links.next),
                           .previous = std::move(links.previous),
                           .count = {},
                           .places = std::move(links.places)};
    for (auto& r : rows) page.results.push_back(std::move(r.shown));
    if (q.count) page.count = co_await db_.one<std::int64_t>(sql::count_notifications, who.user, q.unread);
    co_return page;
}

task<result<notification>> service::find(const identity& who, notification_id which)
{
    auto found = co_await db_.one<notification>(sql::find_notification, which, who.user);
    if (!found) co_return fail(errc::not_found, "there is no such notification");
    co_return *std::move(found);
}

task<unread_count> service::unread(const identity& who)
{
    co_return unread_count{(co_await db_.one<std::int64_t>(sql::count_notifications, who.user, true)).value_or(0)};
}

task<result<notification>> service::read(pg::tx& tx, const identity& who, notification_id which)
{
    auto found = co_await tx.one<notification>(sql::read_notification, which, who.user, clock_.now());
    if (!found) co_return fail(errc::not_found, "there is no such notification");
    co_return *std::move(found);
}

task<unread_count> service::read_all(pg::tx& tx, const identity& who)
{
    co_await tx.run(sql::read_all, who.user, clock_.now());
    co_return unread_count{(co_await tx.one<std::int64_t>(sql::count_notifications, who.user, true)).value_or(0)};
}

task<preferences> service::find_preferences(pg::queryable& q, user_id whose)
{
    preferences p;
    for (const auto& off : co_await q.all<switched_off>(sql::list_switched_off, whose))
    {
        auto& c = of_category(p, off.category);
        if (!c.required) (off.channel == channel::mail ? c.mail : c.in_app) = false;
    }
    co_return p;
}

task<result<preferences>> service::change_preferences(pg::tx& tx, const identity& who,
                                                      const preference_changes& changes)
{
    error refused{errc::invalid_input, "These messages cannot be switched off.", {}, {}};
    for (const auto c : every_category)
    {
        const auto& wanted = of_category(changes, c);
        if (!wanted) continue;
        for (const auto way : {channel::mail, channel::in_app})
        {
            const auto& on = way == channel::mail ? wanted->mail : wanted->in_app;
            if (!on) continue;
            if (is_required(c) && !*on)
                refused.fields.push_back(
                    {std::format("/{}/{}", name_of(c), name_of(way)), "required", "cannot be switched off"});
            else
                tx.queue(*on ? sql::switch_on : sql::switch_off, who.user, c, way);
        }
    }
    if (!refused.fields.empty()) co_return std::unexpected{std::move(refused)};
    co_return co_await find_preferences(tx, who.user);
}

task<std::optional<std::string>> service::unsubscribe(std::string_view token, bool now)
{
    const auto link = co_await read_unsubscribe_token(db_, token);
    if (!link || is_required(link->what)) co_return std::nullopt;
    if (now) co_await db_.run(sql::switch_off, link->user, link->what, channel::mail);
    co_return link->locale;
}

task<std::vector<mail::message>> service::kept_mails(std::string to, int limit)
{
    std::vector<mail::message> out;
    for (auto& r : co_await db_.all<kept_row>(sql::list_kept_mails, to, limit)) out.push_back(std::move(r.message));
    co_return out;
}

task<std::optional<mail::message>> service::kept_mail(mail_id which)
{
    auto found = co_await db_.one<kept_row>(sql::find_kept_mail, which);
    if (!found) co_return std::nullopt;
    co_return std::move(found->message);
}

task<> service::tidy()
{
    const auto now = clock_.now();
    while (co_await db_.run(sql::forget_old_mails, now - mails_kept, tidied_at_once) == tidied_at_once)
    {
    }
    while (co_await db_.run(sql::forget_old_notifications, now - notifications_kept, tidied_at_once) == tidied_at_once)
    {
    }
}

}  // namespace roost::notifications
