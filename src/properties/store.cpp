#include "properties/store.hpp"

#include <unordered_map>

#include "properties/queries.hpp"

namespace roost::properties {
namespace {

std::optional<std::int64_t> minor_of(const std::optional<money>& m)
{
    return m ? std::optional{m->minor()} : std::nullopt;
}

std::optional<currency> currency_of(const property& p)
{
    if (p.nightly_price) return p.nightly_price->unit();
    if (p.cleaning_fee) return p.cleaning_fee->unit();
    return std::nullopt;
}

/// Insert and update take the same parameters.
task<std::int64_t> write(pg::tx& tx, pg::statement s, const property& p)
{
    return tx.run(s, p.id, p.host_id, p.status, p.title, p.description, p.property_type, p.room_type, p.address.line,
                  p.address.city, p.address.region, p.address.country, p.address.postcode, p.location.latitude,
                  p.location.longitude, p.time_zone, currency_of(p), minor_of(p.nightly_price),
                  minor_of(p.cleaning_fee), p.tax_basis_points, p.capacity, p.bedrooms, p.beds, p.bathrooms,
                  p.amenities, p.images, p.house_rules, p.cancellation_policy, p.booking_mode, p.payment_mode,
                  p.check_in_time, p.check_out_time, p.stay_rules.min_nights, p.stay_rules.max_nights,
                  p.stay_rules.advance_notice_days, p.stay_rules.same_day_cutoff_hour, p.stay_rules.preparation_nights,
                  p.stay_rules.booking_window_days, p.stay_rules.closed_to_arrival, p.stay_rules.closed_to_departure,
                  p.version, p.created_at, p.updated_at, p.cancellation_policy_id, p.request_holds);
}

uuid last_uuid()
{
    uuid u;
    u.bytes.fill(0xff);
    return u;
}

}  // namespace

task<std::optional<property>> find(pg::queryable& db, property_id id)
{
    return db.one<property>(sql::get_property, id);
}

task<std::optional<property>> find_and_lock(pg::tx& tx, property_id id)
{
    tx.queue(sql::lock_property, id);
    return tx.one<property>(sql::get_property, id);
}

task<std::vector<property>> find_all(pg::queryable& db, const std::vector<property_id>& ids)
{
    auto found = co_await db.all<property>(sql::get_properties, ids);
    std::unordered_map<property_id, property*> by_id;
    for (auto& p : found) by_id.emplace(p.id, &p);
    std::vector<property> out;
    out.reserve(found.size());
    for (const auto& id : ids)
        if (const auto it = by_id.find(id); it != by_id.end()) out.push_back(std::move(*it->second));
    co_return out;
}

task<bool> owns_policy(pg::tx& tx, user_id host, policy_id policy)
{
    co_return (co_await tx.one<policy_id>(sql::policy_of_host, policy, host)).has_value();
}

task<> insert(pg::tx& tx, const property& p) { co_await write(tx, sql::insert_property, p); }

task<> update(pg::tx& tx, const property& p) { co_await write(tx, sql::update_property, p); }

task<> unlist_all(pg::tx& tx, user_id host, instant now) { co_await tx.run(sql::unlist_all_of_host, host, now); }

task<std::vector<own_row>> list_own(pg::queryable& db, user_id host, std::optional<property_status> status,
                                    std::optional<http::cursor> from, int limit)
{
    const auto& statement = from && from->backwards ? sql::ids_of_host_before : sql::ids_of_host;
    const auto key = from ? format(http::moment_of(*from).value()) : std::string{"infinity"};
    return db.all<own_row>(statement, host, status, key, from ? from->id : last_uuid(), limit);
}

task<std::int64_t> count_own(pg::queryable& db, user_id host, std::optional<property_status> status)
{
    co_return (co_await db.one<std::int64_t>(sql::count_of_host, host, status)).value();
}

}  // namespace roost::properties
