#include "calendar/availability.hpp"

#include <algorithm>

#include "calendar/queries.hpp"
#include "calendar/store.hpp"
#include "platform/http/cursor.hpp"

namespace roost::calendar {
namespace {

using std::chrono::days;

constexpr days longest_window{370};
/// Nobody can book further ahead than booking windows reach, so nothing needs closing there.
constexpr days furthest_close{1'095 + longest_stay};

/// A block, and where it stands in the order.
struct block_row
{
    block_id id;
    std::int64_t key;
    block shown;

    static constexpr auto fields =
        schema::fields(schema::field<&block_row::id>("id"), schema::field<&block_row::key>("key"),
                       schema::field<&block_row::shown>("shown"));
};

}  // namespace

result<nights> window_of(const window_query& q, date today)
{
    const auto from = q.from.value_or(today);
    const auto to = q.to.value_or(from + days{90});
    if (to <= from) return invalid("to", "must be after from");
    if (to - from > longest_window) return invalid("to", "at most 370 days after from");
    return nights{from, to};
}

std::vector<nights> free_nights(nights window, const std::vector<nights>& taken)
{
    std::vector<nights> free;
    for (const auto& t : taken)
    {
        if (t.from > window.from) free.push_back({window.from, std::min(t.from, window.to)});
        window.from = std::max(window.from, t.to);
        if (window.from >= window.to) return free;
    }
    free.push_back(window);
    return free;
}

task<result<availability>> openings::look(std::optional<identity> who, property_id property, window_query window)
{
    const auto now = clock_.now();
    const auto p = co_await find_owner(db_, property);
    if (!p || !may_see(p->host, p->status, who)) co_return fail(errc::not_found, "there is no such property");

    const auto today = p->time_zone.day_of(now);
    const auto asked = window_of(window, today);
    if (!asked) co_return std::unexpected{asked.error()};

    availability seen{.property = property, .from = asked->from, .to = asked->to, .free = {}};
    const nights ahead{std::max(asked->from, today), asked->to};
    if (ahead.from < ahead.to)
        seen.free =
            free_nights(ahead, co_await db_.all<nights>(sql::taken_between, property, ahead.from, ahead.to, now));
    co_return seen;
}

task<result<http::page<block>>> openings::blocks(identity who, property_id property, blocks_query query)
{
    const auto p = co_await find_owner(db_, property);
    if (auto allowed = only_owner(p, who); !allowed) co_return std::unexpected{std::move(allowed.error())};
    const auto list = "blocks/" + property.text();
    std::optional<http::cursor> from;
    if (query.cursor)
    {
        auto cursor = http::decode_cursor(*query.cursor, list);
        if (!cursor) co_return std::unexpected{std::move(cursor.error())};
        from = *cursor;
    }
    const auto key = from ? std::optional{from->key} : std::nullopt;
    const auto id = from ? std::optional{from->id} : std::nullopt;
    const auto& statement = from && from->backwards ? sql::closed_before : sql::closed_after;
    auto rows =
        co_await db_.all<block_row>(statement, property, p->time_zone.day_of(clock_.now()), key, id, query.limit + 1);
    auto links = http::cut_page(rows, static_cast<std::size_t>(query.limit), from, list);

    http::page<block> page;
    page.results.reserve(rows.size());
    for (const auto& row : rows) page.results.push_back(row.shown);
    page.next = std::move(links.next);
    page.previous = std::move(links.previous);
    page.places = std::move(links.places);
    co_return page;
}

task<result<block>> openings::close(pg::tx& tx, const identity& who, property_id property, nights range)
{
    const auto now = clock_.now();
    const auto p = co_await lock_owner(tx, property);
    if (auto allowed = only_owner(p, who); !allowed) co_return std::unexpected{std::move(allowed.error())};

    const auto today = p->time_zone.day_of(now);
    if (range.to <= range.from) co_return invalid("/to", "must be after from");
    if (range.from < today) co_return invalid("/from", "is in the past");
    if (range.to > today + furthest_close) co_return invalid("/to", "is too far ahead");

    tx.queue(sql::free_expired_holds, property, range.from, range.to, now);
    tx.queue(sql::cut_imported_blocks, property, range.from, range.to, now);
    const auto all = co_await tx.one<nights>(sql::absorb_host_blocks, property, range.from, range.to);
    const block made{block_id::make(), block_kind::host, all->from, all->to, now};
    if (co_await tx.run(sql::insert_host_block, made.id, property, made.from, made.to, now) == 0)
        co_return fail(errc::dates_taken, "somebody has booked or holds some of these nights");
    co_return made;
}

task<result<void>> openings::open(pg::tx& tx, const identity& who, property_id property, block_id which)
{
    const auto p = co_await lock_owner(tx, property);
    if (auto allowed = only_owner(p, who); !allowed) co_return std::unexpected{std::move(allowed.error())};
    if (co_await tx.run(sql::open_nights, which, property) == 1) co_return result<void>{};
    if (*co_await tx.one<bool>(sql::is_of_feed, which, property))
        co_return fail(errc::wrong_state,
                       "a calendar of another platform closes these nights: change or remove the feed");
    co_return fail(errc::not_found, "there is no such block");
}

}  // namespace roost::calendar
