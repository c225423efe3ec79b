#include "calendar/availability.hpp"

#include <algorithm>

#include "calendar/queries.hpp"
#include "calendar/store.hpp"
#include "calendar/windows.hpp"
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

std::string list_of(property_id property) { return "blocks/" + property.text(); }

http::page<block> page_of(std::vector<block_row> rows, int limit, const std::optional<http::cursor>& from,
                          const std::string& list)
{
    auto links = http::cut_page(rows, static_cast<std::size_t>(limit), from, list);
    http::page<block> page;
    page.results.reserve(rows.size());
    for (const auto& row : rows) page.results.push_back(row.shown);
    page.next = std::move(links.next);
    page.previous = std::move(links.previous);
    page.places = std::move(links.places);
    return page;
}

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

task<std::vector<result<availability>>> openings::look(std::optional<identity> who, std::vector<property_id> properties,
                                                       window_query window)
{
    const auto now = clock_.now();
    answers<property_id, availability> told;
    const auto seen = co_await windows_of(db_, who, properties, window, now, told);
    days_of_each ahead;
    for (const auto& [p, asked] : seen)
    {
        const auto from = std::max(asked.from, p.time_zone.day_of(now));
        if (from < asked.to)
            ahead.add(p.id, from, asked.to);
        else
            told.tell(p.id, availability{.property = p.id, .from = asked.from, .to = asked.to, .free = {}});
    }
    if (ahead.properties.empty()) co_return told.of(properties, no_such_property());

    auto taken = co_await pg::piled(
        db_.all<pg::row_of<property_id, nights>>(sql::taken_between, ahead.properties, ahead.first, ahead.last, now));
    for (const auto& [p, asked] : seen)
    {
        const nights open{std::max(asked.from, p.time_zone.day_of(now)), asked.to};
        told.tell(
            p.id,
            availability{
                .property = p.id, .from = asked.from, .to = asked.to, .free = free_nights(open, taken.take(p.id))});
    }
    co_return told.of(properties, no_such_property());
}

task<std::vector<result<http::page<block>>>> openings::blocks(identity who, std::vector<property_id> properties,
                                                              blocks_query query)
{
    answers<property_id, http::page<block>> told;
    std::optional<http::cursor> from;  // of the only property whose it is
    std::vector<property_id> asked;
    std::vector<date> today;
    for (const auto& p : co_await find_owners(db_, properties))
    {
        if (auto allowed = only_owner(p, who); !allowed)
        {
            told.tell(p.id, std::unexpected{std::move(allowed.error())});
            continue;
        }
        if (query.cursor)
        {
            auto cursor = http::decode_cursor(*query.cursor, list_of(p.id));
            if (!cursor)
            {
                told.tell(p.id, std::unexpected{std::move(cursor.error())});
                continue;
            }
            from = *cursor;
        }
        asked.push_back(p.id);
        today.push_back(p.time_zone.day_of(clock_.now()));
    }
    if (asked.empty()) co_return told.of(properties, no_such_property());

    const auto key = from ? std::optional{from->key} : std::nullopt;
    const auto id = from ? std::optional{from->id} : std::nullopt;
    const auto& statement = from && from->backwards ? sql::closed_before : sql::closed_after;
    auto found = co_await pg::piled(
        db_.all<pg::row_of<property_id, block_row>>(statement, asked, today, key, id, query.limit + 1));
    for (const auto& p : asked) told.tell(p, page_of(found.take(p), query.limit, from, list_of(p)));
    co_return told.of(properties, no_such_property());
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
