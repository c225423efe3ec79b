#include "feeds/service.hpp"

#include "feeds/access.hpp"
#include "feeds/jobs.hpp"
#include "feeds/queries.hpp"
#include "feeds/schedule.hpp"
#include "feeds/store.hpp"
#include "platform/jobs/jobs.hpp"

namespace roost::feeds {
namespace {

constexpr int most_feeds = 10;
constexpr int due_batch = 200;

/// What is read at once by its own job (new, readdressed, asked for) is not due as well while that job runs.
constexpr std::chrono::minutes head_start{1};

std::unexpected<error> no_such_feed() { return fail(errc::not_found, "there is no such feed"); }

}  // namespace

feed feed_row::shown() const
{
    auto health = feed_health::waiting;
    if (last_outcome == fetch_outcome::held_empty)
        health = feed_health::doubtful;
    else if (last_outcome)
        health = is_good(*last_outcome) ? feed_health::healthy : feed_health::failing;
    return {.id = id,
            .property = property,
            .name = name,
            .url = url,
            .health = health,
            .last_outcome = last_outcome,
            .last_status = last_status,
            .failures = failures,
            .last_fetch_at = last_fetch_at,
            .last_success_at = last_success_at,
            .empty_since = empty_since,
            .next_fetch_at = next_fetch_at,
            .events = events,
            .ignored = ignored,
            .nights = nights,
            .created_at = created_at,
            .updated_at = updated_at};
}

void service::enqueue(pg::tx& tx, feed_id id, instant now)
{
    jobs::enqueue(tx, fetch_feed, fetch_job{id}, now, {.at = {}, .unique = id.text()});
}

task<result<feed>> service::add(pg::tx& tx, const identity& who, property_id property, new_feed asked)
{
    const auto now = clock_.now();
    const auto p = co_await tx.one<owned_property>(sql::property_to_feed, property);
    if (auto allowed = only_owner(p, who); !allowed) co_return std::unexpected{std::move(allowed.error())};
    if (!outbound::may_name(asked.url, guard_))
        co_return invalid("/url", "must be a public https or webcal address on the usual port");
    const auto id = feed_id::make();
    const auto known = co_await tx.one<bool>(sql::has_feed, property, asked.url, id);
    if (*known) co_return invalid("/url", "this calendar is read already");
    const auto count = co_await tx.one<std::int64_t>(sql::count_feeds, property);
    if (*count >= most_feeds) co_return invalid("/url", "a property reads at most 10 calendars");
    tx.queue(sql::insert_feed, id, property, asked.name, asked.url, now);
    enqueue(tx, id, now);
    const auto made = co_await tx.one<feed_row>(sql::find_feeds, just(id), who.user, who.is_admin);
    co_return made->shown();
}

task<std::vector<result<std::vector<feed>>>> service::list(const identity& who, std::vector<property_id> properties)
{
    return lists_of<feed_row>(db_, who, std::move(properties), sql::feeds_of_properties, &feed_row::shown);
}

task<result<feed>> service::find(const identity& who, feed_id id)
{
    const auto found = co_await db_.one<feed_row>(sql::find_feeds, just(id), who.user, who.is_admin);
    if (!found) co_return no_such_feed();
    co_return found->shown();
}

task<std::vector<feed>> service::find_all(const identity& who, std::vector<feed_id> ids)
{
    std::vector<feed> all;
    for (const auto& row : co_await db_.all<feed_row>(sql::find_feeds, ids, who.user, who.is_admin))
        all.push_back(row.shown());
    co_return all;
}

task<result<feed>> service::change(pg::tx& tx, const identity& who, feed_id id, feed_changes changes)
{
    const auto now = clock_.now();
    const auto property = co_await tx.one<property_id>(sql::lock_property_of_feed, id, who.user, who.is_admin);
    if (!property) co_return no_such_feed();
    if (changes.url)
    {
        if (!outbound::may_name(*changes.url, guard_))
            co_return invalid("/url", "must be a public https or webcal address on the usual port");
        const auto known = co_await tx.one<bool>(sql::has_feed, *property, *changes.url, id);
        if (*known) co_return invalid("/url", "this calendar is read already");
        tx.queue(sql::readdress_feed, id, *changes.url, now);
        enqueue(tx, id, now);
    }
    if (changes.name) tx.queue(sql::rename_feed, id, *changes.name, now);
    const auto changed = co_await tx.one<feed_row>(sql::find_feeds, just(id), who.user, who.is_admin);
    co_return changed->shown();
}

task<result<void>> service::remove(pg::tx& tx, const identity& who, feed_id id)
{
    const auto property = co_await tx.one<property_id>(sql::lock_property_of_feed, id, who.user, who.is_admin);
    if (!property) co_return no_such_feed();
    tx.queue(sql::delete_feed, id);
    tx.queue(sql::settle_feeds, *property, clock_.now(), std::vector<date>{}, std::vector<date>{});
    co_return result<void>{};
}

task<result<feed>> service::refresh(pg::tx& tx, const identity& who, feed_id id)
{
    const auto now = clock_.now();
    if (!co_await tx.one<feed_row>(sql::find_feeds, just(id), who.user, who.is_admin)) co_return no_such_feed();
    if (co_await tx.run(sql::ask_for_feed, id, now, now - refresh_pause) == 0)
    {
        error soon{errc::too_many_requests, "it was asked for a moment ago", {}, {}};
        soon.retry_after = refresh_pause;
        co_return std::unexpected{std::move(soon)};
    }
    enqueue(tx, id, now);
    const auto asked = co_await tx.one<feed_row>(sql::find_feeds, just(id), who.user, who.is_admin);
    co_return asked->shown();
}

/// What `statement` finds of several feeds, of each that is one's own.
template <class Row>
task<std::vector<result<std::vector<Row>>>> service::of_feeds(const identity& who, std::vector<feed_id> ids,
                                                              pg::statement statement)
{
    answers<feed_id, std::vector<Row>> told;
    std::vector<feed_id> own;
    for (const auto& f : co_await db_.all<feed_row>(sql::find_feeds, ids, who.user, who.is_admin)) own.push_back(f.id);
    if (own.empty()) co_return told.of(ids, no_such_feed());
    auto found = co_await pg::piled(db_.all<pg::row_of<feed_id, Row>>(statement, own));
    for (const auto& f : own) told.tell(f, found.take(f));
    co_return told.of(ids, no_such_feed());
}

task<std::vector<result<std::vector<fetch_record>>>> service::history(const identity& who, std::vector<feed_id> ids)
{
    return of_feeds<fetch_record>(who, std::move(ids), sql::history_of_feeds);
}

task<std::vector<result<std::vector<night_range>>>> service::nights(const identity& who, std::vector<feed_id> ids)
{
    return of_feeds<night_range>(who, std::move(ids), sql::nights_of_feeds);
}

task<std::vector<result<std::vector<conflict>>>> service::conflicts(const identity& who,
                                                                    std::vector<property_id> properties)
{
    return lists_of<conflict>(db_, who, std::move(properties), sql::open_conflicts);
}

task<result<void>> service::enqueue_due()
{
    const auto now = clock_.now();
    for (std::size_t taken = due_batch; taken == due_batch;)
    {
        const auto done = co_await db_.transaction([&](pg::tx& tx) -> task<result<std::size_t>> {
            const auto due =
                co_await tx.all<feed_id>(sql::take_due_feeds, now - head_start, now + interval_, due_batch);
            for (const auto id : due) enqueue(tx, id, now);
            co_return due.size();
        });
        if (!done) co_return std::unexpected{done.error()};
        taken = *done;
    }
    co_return result<void>{};
}

}  // namespace roost::feeds
