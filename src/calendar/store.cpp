#include "calendar/store.hpp"

#include <algorithm>

#include "calendar/queries.hpp"
#include "platform/schema/json.hpp"

namespace roost::calendar {
namespace {

std::optional<std::int64_t> minor_of(const std::optional<money>& m)
{
    return m ? std::optional{m->minor()} : std::nullopt;
}

/// What the host said, null where nothing.
template <class T>
std::optional<T> said(const patch<std::optional<T>>& p)
{
    return p ? *p : std::nullopt;
}

}  // namespace

std::unexpected<error> no_such_property() { return fail(errc::not_found, "there is no such property"); }

bool may_see(user_id host, property_status status, const std::optional<identity>& who)
{
    return status == property_status::listed || (who && (who->user == host || who->is_admin));
}

result<void> only_owner(const std::optional<owner_row>& p, const identity& who)
{
    if (!p || !may_see(p->host, p->status, who)) return no_such_property();
    if (p->host != who.user && !who.is_admin) return fail(errc::not_allowed, "this property is somebody else's");
    return {};
}

task<std::vector<house_row>> find_houses(pg::queryable& q, const days_of_each& asked)
{
    return q.all<house_row>(sql::houses, asked.properties, asked.first, asked.last);
}

task<pg::piles<property_id, taken_row>> taken_and_why(pg::queryable& q, const days_of_each& asked, instant now)
{
    return pg::piled(
        q.all<pg::row_of<property_id, taken_row>>(sql::taken_and_why, asked.properties, asked.first, asked.last, now));
}

task<std::vector<owner_row>> find_owners(pg::queryable& q, const std::vector<property_id>& properties)
{
    return q.all<owner_row>(sql::owners, properties);
}

task<std::optional<owner_row>> lock_owner(pg::tx& tx, property_id property)
{
    return tx.one<owner_row>(sql::lock_owner, property);
}

void edit_days(pg::tx& tx, property_id property, const calendar_edit& e)
{
    std::vector<int> weekdays;
    weekdays.reserve(7);
    for (const auto on : e.weekdays) weekdays.push_back(static_cast<int>(on) + 1);
    if (weekdays.empty()) weekdays = {1, 2, 3, 4, 5, 6, 7};
    tx.queue(sql::edit_days, property, e.from, e.to, weekdays, minor_of(said(e.price)), e.price.has_value(),
             said(e.min_nights), e.min_nights.has_value(), said(e.max_nights), e.max_nights.has_value(),
             said(e.closed_to_arrival), e.closed_to_arrival.has_value(), said(e.closed_to_departure),
             e.closed_to_departure.has_value());
}

void forget_silent_days(pg::tx& tx, property_id property) { tx.queue(sql::forget_silent_days, property); }

void reopen_nights(pg::tx& tx, property_id property, date from, date to, instant now)
{
    tx.queue(sql::reopen_nights, property, from, to, now);
}

void set_pricing(pg::tx& tx, property_id property, const pricing& rules)
{
    tx.queue(sql::set_pricing, property, pg::json{schema::to_json(rules)});
}

task<pg::piles<property_id, season>> seasons_of(pg::queryable& q, const std::vector<property_id>& properties)
{
    return pg::piled(q.all<pg::row_of<property_id, season>>(sql::seasons_of, properties));
}

task<> insert_season(pg::tx& tx, property_id property, const season& s)
{
    co_await tx.run(sql::insert_season, s.id, property, s.name, s.from, s.to, minor_of(s.price), s.min_nights,
                    s.max_nights, s.closed_to_arrival, s.closed_to_departure);
}

task<bool> update_season(pg::tx& tx, property_id property, const season& s)
{
    co_return co_await tx.run(sql::update_season, s.id, property, s.name, s.from, s.to, minor_of(s.price), s.min_nights,
                              s.max_nights, s.closed_to_arrival, s.closed_to_departure)
        == 1;
}

task<bool> delete_season(pg::tx& tx, property_id property, season_id which)
{
    co_return co_await tx.run(sql::delete_season, which, property) == 1;
}

task<int> count_rule_change(pg::tx& tx, property_id property)
{
    co_return (co_await tx.one<int>(sql::count_rule_change, property)).value();
}

}  // namespace roost::calendar
