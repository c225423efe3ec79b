#include "calendar/service.hpp"

#include <algorithm>
#include <format>

#include "calendar/checks.hpp"
#include "calendar/stays.hpp"
#include "calendar/store.hpp"
#include "calendar/windows.hpp"

namespace roost::calendar {
namespace {

using std::chrono::days;
using std::chrono::floor;

closed_reason reason_of(block_cause cause)
{
    switch (cause)
    {
        case block_cause::hold: return closed_reason::held;
        case block_cause::booking: return closed_reason::booked;
        case block_cause::host: return closed_reason::closed;
        case block_cause::imported: return closed_reason::imported;
    }
    return closed_reason::closed;
}

/// Why a free night cannot be asked for now.
std::optional<closed_reason> out_of_time(const house_row& h, date night, instant now)
{
    const auto today = h.time_zone.day_of(now);
    const auto ahead = (night - today).count();
    if (ahead < 0) return closed_reason::past;
    const bool too_late = ahead == 0 && now >= h.time_zone.at(today, std::chrono::hours{h.rules.same_day_cutoff_hour});
    // The host could not answer a request any more.
    const bool begun = ahead == 0 && h.booking_mode == booking_mode::request
                       && now >= h.time_zone.at(today, *parse_time_of_day(h.check_in_time));
    if (ahead < h.rules.advance_notice_days || too_late || begun) return closed_reason::notice;
    if (ahead > h.rules.booking_window_days) return closed_reason::window;
    return std::nullopt;
}

/// Marks the nights of the calendar in [from, to) that have no reason yet.
void mark(property_calendar& c, date from, date to, closed_reason why, std::optional<booking_id> whose)
{
    for (auto night = std::max(from, c.from); night < std::min(to, c.to); night += days{1})
    {
        auto& n = c.nights[static_cast<std::size_t>((night - c.from).count())];
        if (n.reason) continue;
        n.available = false;
        n.reason = why;
        n.booking = whose;
    }
}

calendar_night night_of(const house_row& h, date day)
{
    const auto terms = terms_of(h.rules, h.special ? &*h.special : nullptr, day);
    calendar_night n;
    n.date = day;
    n.min_nights = terms.min_nights;
    n.max_nights = terms.max_nights;
    n.closed_to_arrival = terms.closed_to_arrival;
    n.closed_to_departure = terms.closed_to_departure;
    return n;
}

property_calendar calendar_of(const house_row& h, date_range window)
{
    property_calendar c{h.id, window.from(), window.to(), {}};
    std::optional<rates> r;
    if (h.nightly_price) r = rates{*h.nightly_price, *h.cleaning_fee, h.tax_basis_points, h.special};
    for (auto day = window.from(); day < window.to(); day += days{1})
    {
        c.nights.push_back(night_of(h, day));
        if (!r) continue;
        const auto rate = rate_of(*r, day);
        c.nights.back().price = rate.price;
        c.nights.back().rule = rate.rule;
    }
    return c;
}

result<owner_row> ours(std::optional<owner_row> p, const identity& who)
{
    if (auto allowed = only_owner(p, who); !allowed) return std::unexpected{std::move(allowed.error())};
    return *std::move(p);
}

season season_of(season_id id, season_terms t)
{
    return {id,
            std::move(t.name),
            t.from,
            t.to,
            t.price,
            t.min_nights,
            t.max_nights,
            std::move(t.closed_to_arrival),
            std::move(t.closed_to_departure)};
}

/// `own`: the calendar is looked at by its host, or an admin.
void occupy(property_calendar& c, const house_row& h, const std::vector<taken_row>& taken, bool own, instant now)
{
    // Those before a taken night cannot be a stay's last: there would be no room for its preparation.
    const days before{h.rules.preparation_nights};
    mark(c, c.from, h.time_zone.day_of(now), closed_reason::past, {});
    for (const auto& t : taken) mark(c, t.from, t.until, reason_of(t.cause), own ? t.booking : std::nullopt);
    for (const auto& t : taken) mark(c, t.until, t.to, closed_reason::preparation, {});
    for (const auto& t : taken) mark(c, t.from - before, t.from, closed_reason::preparation, {});
    for (const auto& n : c.nights)
        if (const auto why = out_of_time(h, n.date, now)) mark(c, n.date, n.date + days{1}, *why, {});
}

property_pricing shown(const house_row& h)
{
    return {h.id,
            h.nightly_price,
            h.nightly_price ? h.cleaning_fee : std::nullopt,
            h.tax_basis_points,
            h.special ? h.special->pricing : pricing{},
            h.rules_version};
}

}  // namespace

task<std::vector<result<property_calendar>>> service::look(std::optional<identity> who,
                                                           std::vector<property_id> properties, window_query window)
{
    const auto now = clock_.now();
    answers<property_id, property_calendar> told;
    const auto seen = co_await windows_of(db_, who, properties, window, now, told);
    if (seen.empty()) co_return told.of(properties, no_such_property());
    days_of_each asked;
    for (const auto& s : seen) asked.add(s.property.id, s.asked.from, s.asked.to);
    const auto houses = co_await find_houses(db_, asked);
    for (std::size_t i = 0; i < seen.size(); ++i)
        if (const auto h = std::ranges::find(houses, asked.properties[i], &house_row::id); h != houses.end())
            asked.last[i] += days{h->rules.preparation_nights};
    auto taken = co_await taken_and_why(db_, asked, now);
    for (const auto& [p, window_asked] : seen)
    {
        const auto h = std::ranges::find(houses, p.id, &house_row::id);
        if (h == houses.end()) continue;
        auto c = calendar_of(*h, {window_asked.from, window_asked.to});
        const bool own = who && (who->user == h->host || who->is_admin);
        occupy(c, *h, taken.take(p.id), own, now);
        told.tell(p.id, std::move(c));
    }
    co_return told.of(properties, no_such_property());
}

task<result<void>> service::open_or_close(pg::tx& tx, const identity& who, property_id property, const calendar_edit& e)
{
    for (const auto& run : nights_of(e))
    {
        if (!*e.closed)
        {
            reopen_nights(tx, property, run.from(), run.to(), clock_.now());
            continue;
        }
        auto closed = co_await openings_.close(tx, who, property, {run.from(), run.to()});
        if (!closed) co_return std::unexpected{std::move(closed.error())};
    }
    co_return result<void>{};
}

task<result<calendar_edited>> service::edit(pg::tx& tx, const identity& who, property_id property, calendar_edits asked)
{
    const auto p = ours(co_await lock_owner(tx, property), who);
    if (!p) co_return std::unexpected{p.error()};
    if (auto good = check(asked, p->currency, p->time_zone.day_of(clock_.now())); !good)
        co_return std::unexpected{std::move(good.error())};

    calendar_edited done{0, p->rules_version};
    bool ruled = false;
    for (const auto& e : asked.edits)
    {
        for (const auto& run : nights_of(e)) done.nights += run.nights();
        if (e.closed)
            if (auto moved = co_await open_or_close(tx, who, property, e); !moved)
                co_return std::unexpected{std::move(moved.error())};
        if (!e.price && !e.min_nights && !e.max_nights && !e.closed_to_arrival && !e.closed_to_departure) continue;
        ruled = true;
        edit_days(tx, property, e);
    }
    if (ruled)
    {
        forget_silent_days(tx, property);
        done.rules_version = co_await count_rule_change(tx, property);
    }
    co_return done;
}

task<std::vector<result<property_pricing>>> service::pricing_of(std::optional<identity> who,
                                                                std::vector<property_id> properties)
{
    answers<property_id, property_pricing> told;
    for (const auto& h : co_await find_houses(db_, days_of_each::one(properties, floor<days>(clock_.now()))))
        if (may_see(h.host, h.status, who)) told.tell(h.id, shown(h));
    co_return told.of(properties, no_such_property());
}

task<result<property_pricing>> service::set_pricing(pg::tx& tx, const identity& who, property_id property,
                                                    const http::if_match& expected, pricing rules)
{
    const auto p = ours(co_await lock_owner(tx, property), who);
    if (!p) co_return std::unexpected{p.error()};
    if (!expected.allows(p->rules_version))
        co_return fail(errc::version_mismatch, std::format("the prices are at version {}", p->rules_version));
    if (auto good = check(rules, p->currency); !good) co_return std::unexpected{std::move(good.error())};
    calendar::set_pricing(tx, property, rules);
    co_await count_rule_change(tx, property);
    const auto changed = co_await find_houses(tx, days_of_each::one(just(property), floor<days>(clock_.now())));
    co_return shown(changed.front());
}

task<std::vector<result<std::vector<season>>>> service::seasons(std::optional<identity> who,
                                                                std::vector<property_id> properties)
{
    answers<property_id, std::vector<season>> told;
    std::vector<property_id> seen;
    for (const auto& p : co_await find_owners(db_, properties))
        if (may_see(p.host, p.status, who)) seen.push_back(p.id);
    if (seen.empty()) co_return told.of(properties, no_such_property());
    auto found = co_await seasons_of(db_, seen);
    for (const auto& p : seen) told.tell(p, found.take(p));
    co_return told.of(properties, no_such_property());
}

task<result<season>> service::add_season(pg::tx& tx, const identity& who, property_id property, season_terms terms)
{
    const auto p = ours(co_await lock_owner(tx, property), who);
    if (!p) co_return std::unexpected{p.error()};
    if (auto good = check(terms, p->currency, p->time_zone.day_of(clock_.now())); !good)
        co_return std::unexpected{std::move(good.error())};
    auto found = co_await seasons_of(tx, just(property));
    if (found.take(property).size() >= most_seasons)
        co_return fail(errc::wrong_state, std::format("a property has at most {} seasons", most_seasons));
    auto made = season_of(season_id::make(), std::move(terms));
    co_await insert_season(tx, property, made);
    co_await count_rule_change(tx, property);
    co_return made;
}

task<result<season>> service::change_season(pg::tx& tx, const identity& who, property_id property, season_id which,
                                            season_terms terms)
{
    const auto p = ours(co_await lock_owner(tx, property), who);
    if (!p) co_return std::unexpected{p.error()};
    if (auto good = check(terms, p->currency, p->time_zone.day_of(clock_.now())); !good)
        co_return std::unexpected{std::move(good.error())};
    auto changed = season_of(which, std::move(terms));
    if (!co_await update_season(tx, property, changed)) co_return fail(errc::not_found, "there is no such season");
    co_await count_rule_change(tx, property);
    co_return changed;
}

task<result<void>> service::remove_season(pg::tx& tx, const identity& who, property_id property, season_id which)
{
    const auto p = ours(co_await lock_owner(tx, property), who);
    if (!p) co_return std::unexpected{p.error()};
    if (!co_await delete_season(tx, property, which)) co_return fail(errc::not_found, "there is no such season");
    co_await count_rule_change(tx, property);
    co_return result<void>{};
}

}  // namespace roost::calendar
