#include "bookings/calendar.hpp"

#include <algorithm>

#include "bookings/queries.hpp"
#include "properties/property.hpp"

namespace roost::bookings {
namespace {

using std::chrono::days;

constexpr days longest_window{370};
/// Nobody can book further ahead than booking windows reach, so nothing needs closing there.
constexpr days furthest_close{1'095 + longest_stay};

struct owner_row
{
    user_id host;
    property_status status;
    roost::time_zone time_zone;

    static constexpr auto fields =
        schema::fields(schema::field<&owner_row::host>("host_id"), schema::field<&owner_row::status>("status"),
                       schema::field<&owner_row::time_zone>("time_zone"));
};

/// Whether these may be told of a property that is not listed.
bool may_see(const owner_row& p, const std::optional<identity>& who)
{
    return p.status == property_status::listed || (who && (who->user == p.host || who->is_admin));
}

/// The gate before a host's own business: what one may not even see is absent, the rest is not allowed.
result<void> only_owner(const std::optional<owner_row>& p, const identity& who)
{
    if (!p || !may_see(*p, who)) return fail(errc::not_found, "there is no such property");
    if (p->host != who.user && !who.is_admin) return fail(errc::not_allowed, "this property is somebody else's");
    return {};
}

result<nights> window_of(const window_query& q, date today)
{
    const auto from = q.from.value_or(today);
    const auto to = q.to.value_or(from + days{90});
    if (to <= from) return invalid("to", "must be after from");
    if (to - from > longest_window) return invalid("to", "at most 370 days after from");
    return nights{from, to};
}

}  // namespace

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

task<result<availability>> calendar::look(std::optional<identity> who, property_id property, window_query window)
{
    const auto now = clock_.now();
    const auto p = co_await db_.one<owner_row>(sql::property_and_today, property);
    if (!p || !may_see(*p, who)) co_return fail(errc::not_found, "there is no such property");

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

task<result<std::vector<block>>> calendar::blocks(const identity& who, property_id property)
{
    const auto p = co_await db_.one<owner_row>(sql::property_and_today, property);
    if (auto allowed = only_owner(p, who); !allowed) co_return std::unexpected{std::move(allowed.error())};
    co_return co_await db_.all<block>(sql::closed_by_hand, property);
}

task<result<block>> calendar::close(pg::tx& tx, const identity& who, property_id property, nights range)
{
    const auto now = clock_.now();
    const auto p = co_await tx.one<owner_row>(sql::property_to_close, property);
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

task<result<void>> calendar::open(pg::tx& tx, const identity& who, property_id property, block_id which)
{
    const auto p = co_await tx.one<owner_row>(sql::property_to_close, property);
    if (auto allowed = only_owner(p, who); !allowed) co_return std::unexpected{std::move(allowed.error())};
    if (co_await tx.run(sql::open_nights, which, property) == 0)
        co_return fail(errc::not_found, "there is no such block");
    co_return result<void>{};
}

}  // namespace roost::bookings
