#include "properties/service.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <format>

#include "properties/store.hpp"

namespace roost::properties {
namespace {

bool owns(const std::optional<identity>& who, const property& p)
{
    return who && (who->user == p.host_id || who->is_admin);
}

bool may_see(const std::optional<identity>& who, const property& p)
{
    return p.status == property_status::listed || owns(who, p);
}

rendered render(const property& p)
{
    return {std::make_shared<const std::string>(schema::to_json(p)), std::format("\"{}\"", p.version)};
}

http::prerendered<property> reply(rendered r) { return {std::move(r.json), std::move(r.etag)}; }

/// Applies the changes and makes sure that the policy they name is the host's.
task<result<void>> change_property(pg::tx& tx, property& p, const property_changes& changes)
{
    if (auto good = apply(p, changes); !good) co_return good;
    const bool names_one = changes.cancellation_policy_id && p.cancellation_policy_id;
    if (names_one && !co_await owns_policy(tx, p.host_id, *p.cancellation_policy_id))
        co_return invalid("/cancellation_policy_id", "the host has no such policy");
    co_return result<void>{};
}

task<> pause(std::chrono::milliseconds time)
{
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, time};
    co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace

task<result<property>> service::create(pg::tx& tx, identity who, const property_changes& given)
{
    if (!who.is_host) co_return fail(errc::not_allowed, "only hosts offer properties");
    property p;
    p.id = property_id::make();
    p.host_id = who.user;
    p.created_at = p.updated_at = clock_.now();
    if (auto good = co_await change_property(tx, p, given); !good) co_return std::unexpected{std::move(good.error())};
    co_await insert(tx, p);
    co_return p;
}

task<result<http::prerendered<property>>> service::show(property_id id, std::optional<identity> who)
{
    if (auto hit = cache_.find(id)) co_return reply(*std::move(hit));

    auto found = co_await cache_.look_further(id);
    if (found) co_return reply(*std::move(found));

    const auto p = co_await find(db_, id);
    if (!p || !may_see(who, *p)) co_return fail(errc::not_found, "there is no such property");
    auto r = render(*p);
    if (p->status == property_status::listed) co_await cache_.put(id, r, found.error());
    co_return reply(std::move(r));
}

task<std::vector<property>> service::show_all(std::vector<property_id> ids, std::optional<identity> who)
{
    auto all = co_await find_all(db_, ids);
    std::erase_if(all, [&](const property& p) { return !may_see(who, p); });
    co_return all;
}

task<result<property>> service::modify(identity who, property_id id, http::if_match expected,
                                       std::function<task<result<void>>(pg::tx&, property&)> change)
{
    bool was_public = false;
    auto done = co_await db_.transaction([&](pg::tx& tx) -> task<result<property>> {
        auto p = co_await find_and_lock(tx, id);
        if (!p || !may_see(who, *p)) co_return fail(errc::not_found, "there is no such property");
        if (!owns(who, *p)) co_return fail(errc::not_allowed, "this property is somebody else's");
        if (!expected.allows(p->version))
            co_return fail(errc::version_mismatch, std::format("the property is at version {}", p->version));
        was_public = p->status == property_status::listed;
        if (auto good = co_await change(tx, *p); !good) co_return std::unexpected{std::move(good.error())};
        ++p->version;
        p->updated_at = clock_.now();
        co_await update(tx, *p);
        co_return *std::move(p);
    });
    if (done && was_public) co_await pause(cache::settling);
    co_return done;
}

task<result<property>> service::change(identity who, property_id id, http::if_match expected, property_changes changes)
{
    co_return co_await modify(who, id, std::move(expected),
                              [&changes](pg::tx& tx, property& p) { return change_property(tx, p, changes); });
}

task<result<http::no_content>> service::remove(identity who, property_id id, http::if_match expected)
{
    auto done = co_await modify(who, id, std::move(expected), [this](pg::tx& tx, property& p) -> task<result<void>> {
        if (co_await has_live_bookings_(tx, p.id))
            co_return fail(errc::has_live_bookings, "guests still have bookings here");
        p.status = property_status::deleted;
        co_return result<void>{};
    });
    if (!done) co_return std::unexpected{std::move(done.error())};
    co_return http::no_content{};
}

task<> service::unlist_all(pg::tx& tx, user_id host) { return properties::unlist_all(tx, host, clock_.now()); }

task<result<http::page<property>>> service::list_own(identity who, own_query query)
{
    const auto list = std::format("own/{}/{}", who.user.text(), query.status ? name_of(*query.status) : "");
    std::optional<http::cursor> from;
    if (query.cursor)
    {
        auto cursor = http::decode_cursor(*query.cursor, list);
        if (!cursor) co_return std::unexpected{std::move(cursor.error())};
        if (auto moment = http::moment_of(*cursor); !moment) co_return std::unexpected{std::move(moment.error())};
        from = *cursor;
    }
    auto rows = co_await properties::list_own(db_, who.user, query.status, from, query.limit + 1);
    auto links = http::cut_page(rows, static_cast<std::size_t>(query.limit), from, list);

    std::vector<property_id> ids;
    ids.reserve(rows.size());
    for (const auto& row : rows) ids.push_back(row.id);
    http::page<property> page;
    page.results = co_await find_all(db_, ids);
    page.next = std::move(links.next);
    page.previous = std::move(links.previous);
    page.places = std::move(links.places);
    if (query.count) page.count = co_await count_own(db_, who.user, query.status);
    co_return page;
}

}  // namespace roost::properties
