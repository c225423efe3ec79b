#include <algorithm>
#include <utility>

#include "feeds/queries.hpp"
#include "feeds/schedule.hpp"
#include "feeds/service.hpp"
#include "feeds/store.hpp"
#include "properties/property.hpp"

/// The way of one fetch: asking, reading, and making the nights what was read.
namespace roost::feeds {
namespace {

using std::chrono::days;

/// As far ahead as anybody can book and stay, which is as far as nights need closing.
constexpr days horizon{1'095 + longest_stay};
/// Longer validators are not sent back, nor those with other characters than fields may have without doubt: PostgreSQL
/// would not keep them.
constexpr std::size_t longest_validator = 500;
/// More closures than this in one feed are not looked at for echoes.
constexpr std::size_t most_closures = 2'000;

template <class From>
fetch_outcome outcome_of(From fault)
{
    return *parse_enum<fetch_outcome>(name_of(fault));
}

std::string validator(std::string text)
{
    const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    return plain && text.size() <= longest_validator ? std::move(text) : std::string{};
}

/// The ranges as two lists, as statements take them.
struct bounds
{
    std::vector<date> from, to;

    template <class Ranges, class F, class T>
    bounds(const Ranges& ranges, F from_of, T to_of)
    {
        for (const auto& r : ranges) from.push_back(from_of(r)), to.push_back(to_of(r));
    }
};

bounds bounds_of(const std::vector<date_range>& ranges)
{
    return {ranges, [](const date_range& r) { return r.from(); }, [](const date_range& r) { return r.to(); }};
}

bounds bounds_of(const std::vector<night_range>& ranges)
{
    return {ranges, [](const night_range& r) { return r.from; }, [](const night_range& r) { return r.to; }};
}

/// What the answer says, read on a thread of its own.
snapshot read(const outbound::answer& a, const time_zone& zone, date today)
{
    snapshot s{.outcome = fetch_outcome::bad_status, .status = a.status, .bytes = a.body.size()};
    if (a.status == 304) s.outcome = fetch_outcome::not_modified;
    if (a.status != 200) return s;
    auto nights = read_closed_nights(a.body, zone, {today, today + horizon});
    s.outcome = nights ? fetch_outcome::read : outcome_of(nights.error().fault);
    if (!nights) return s;
    s.nights = *std::move(nights);
    if (s.nights.closures.size() > most_closures) s.nights.closures.clear();
    s.etag = validator(a.etag);
    s.last_modified = validator(a.last_modified);
    return s;
}

}  // namespace

task<snapshot> service::look(const feed_to_fetch& f)
{
    outbound::request r{.url = f.url, .headers = {{"Accept", "text/calendar, text/plain;q=0.5, */*;q=0.1"}}};
    if (!f.etag.empty()) r.headers.emplace_back("If-None-Match", f.etag);
    if (!f.last_modified.empty()) r.headers.emplace_back("If-Modified-Since", f.last_modified);
    auto got = co_await client_.send(std::move(r), guard_);
    if (!got) co_return snapshot{.outcome = outcome_of(got.error())};
    auto seen = co_await client_.threads().run(
        [a = *std::move(got), zone = f.time_zone, today = f.time_zone.day_of(clock_.now())](const std::stop_token&) {
            return read(a, zone, today);
        });
    co_return seen ? *std::move(seen) : snapshot{.outcome = fetch_outcome::busy};
}

task<result<void>> service::fetch(feed_id id, std::function<task<>(pg::tx&)> complete)
{
    const auto f = co_await db_.one<feed_to_fetch>(sql::feed_to_fetch, id);
    if (!f) co_return result<void>{};  // it was removed meanwhile
    const auto seen = co_await look(*f);
    // That is our own trouble and says nothing of the feed.
    if (seen.outcome == fetch_outcome::busy) co_return fail(errc::unavailable, "no hand is free to fetch it");
    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        co_await complete(tx);
        co_return co_await apply(tx, *f, seen);
    });
}

task<result<void>> service::apply(pg::tx& tx, const feed_to_fetch& f, const snapshot& seen)
{
    const auto now = clock_.now();
    const auto today = f.time_zone.day_of(now);
    co_await tx.run(sql::property_to_feed, f.property);
    auto before = co_await tx.one<feed_to_apply>(sql::feed_to_apply, f.id, f.version, today);
    if (!before)  // another fetch was faster, or it is another calendar by now: what was seen may be the older
    {
        enqueue(tx, f.id, now);
        co_return result<void>{};
    }

    auto outcome = seen.outcome;
    if (outcome == fetch_outcome::read && seen.nights.ranges.empty() && before->closes
        && !believe_empty(before->empty_since, now))
        outcome = fetch_outcome::held_empty;
    const bool read = outcome == fetch_outcome::read;

    night_changes changed;
    std::vector<night_range> echoes;
    if (read)
    {
        const auto closures = bounds_of(seen.nights.closures), ranges = bounds_of(seen.nights.ranges);
        echoes = co_await tx.all<night_range>(sql::fresh_closures, f.id, closures.from, closures.to);
        changed = *co_await tx.one<night_changes>(sql::replace_blocks, f.id, f.property, ranges.from, ranges.to);
    }
    const auto fresh = bounds_of(echoes);
    tx.queue(sql::settle_feeds, f.property, now, fresh.from, fresh.to);

    const bool doubted = outcome == fetch_outcome::held_empty;
    const int failures = is_good(outcome) || doubted ? 0 : before->failures + 1;
    auto empty_since = before->empty_since;
    if (is_good(outcome)) empty_since = std::nullopt;
    if (doubted && !empty_since) empty_since = now;
    const auto if_read = [read](auto value) { return read ? std::optional{std::move(value)} : std::nullopt; };
    tx.queue(sql::note_fetch, f.id, now, outcome, seen.status, failures, empty_since,
             now + pause_after(outcome, failures, interval_, f.id), is_good(outcome),
             if_read(static_cast<int>(seen.nights.events)), if_read(static_cast<int>(seen.nights.ignored)),
             if_read(seen.etag), if_read(seen.last_modified));
    tx.queue(sql::insert_fetch, f.id, now, outcome, seen.status, static_cast<int>(seen.bytes),
             static_cast<int>(seen.nights.events), changed.added, changed.removed);
    tx.queue(sql::forget_old_fetches, f.id);
    co_return result<void>{};
}

}  // namespace roost::feeds
