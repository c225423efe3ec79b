#pragma once
#include <optional>
#include <vector>

#include "calendar/resources.hpp"
#include "platform/auth/identity.hpp"
#include "platform/pg/database.hpp"
#include "platform/pg/piles.hpp"

/// The feature's rows and who may see or write them.
namespace roost::calendar {

struct owner_row
{
    property_id id;
    user_id host;
    property_status status;
    roost::time_zone time_zone;
    std::optional<roost::currency> currency;
    int rules_version;

    static constexpr auto fields =
        schema::fields(field<&owner_row::id>("id"), field<&owner_row::host>("host_id"),
                       field<&owner_row::status>("status"), field<&owner_row::time_zone>("time_zone"),
                       field<&owner_row::currency>("currency"), field<&owner_row::rules_version>("rules_version"));
};

std::unexpected<error> no_such_property();
/// Whether these may be told of a property: of one that is not listed, its host and admins only.
bool may_see(user_id host, property_status status, const std::optional<identity>& who);
/// The gate before a host's own business: what one may not even see is absent, the rest is not allowed.
result<void> only_owner(const std::optional<owner_row>& p, const identity& who);

/// Some days of each of several properties.
struct days_of_each
{
    std::vector<property_id> properties;
    std::vector<date> first, last;

    static days_of_each one(const std::vector<property_id>& properties, date day)
    {
        days_of_each all;
        for (const auto& p : properties) all.add(p, day, day);
        return all;
    }
    void add(property_id property, date from, date to)
    {
        properties.push_back(property);
        first.push_back(from);
        last.push_back(to);
    }
};

/// What a calendar is made of beside who has the nights.
struct house_row
{
    property_id id;
    user_id host;
    property_status status;
    roost::time_zone time_zone;
    std::optional<money> nightly_price, cleaning_fee;
    int tax_basis_points, rules_version;
    stay_rules rules;
    std::string check_in_time;
    roost::booking_mode booking_mode;
    std::optional<rule_set> special;

    static constexpr auto fields = schema::fields(
        field<&house_row::id>("id"), field<&house_row::host>("host_id"), field<&house_row::status>("status"),
        field<&house_row::time_zone>("time_zone"), field<&house_row::nightly_price>("nightly_price"),
        field<&house_row::cleaning_fee>("cleaning_fee"), field<&house_row::tax_basis_points>("tax_basis_points"),
        field<&house_row::rules_version>("rules_version"), field<&house_row::rules>("rules"),
        field<&house_row::check_in_time>("check_in_time"), field<&house_row::booking_mode>("booking_mode"),
        field<&house_row::special>("special"));
};
/// With their rules for those days, the last included; without those that are deleted or never were.
task<std::vector<house_row>> find_houses(pg::queryable& q, const days_of_each& asked);

enum class block_cause
{
    hold,
    booking,
    host,
    imported,
};
constexpr auto names_of(block_cause)
{
    return std::to_array<std::string_view>({"hold", "booking", "host", "imported"});
}

/// Nights that are taken: [from, until) themselves, [until, to) for preparation.
struct taken_row
{
    block_cause cause;
    date from, until, to;
    std::optional<booking_id> booking;

    static constexpr auto fields = schema::fields(field<&taken_row::cause>("kind"), field<&taken_row::from>("from"),
                                                  field<&taken_row::until>("until"), field<&taken_row::to>("to"),
                                                  field<&taken_row::booking>("booking_id"));
};
task<pg::piles<property_id, taken_row>> taken_and_why(pg::queryable& q, const days_of_each& asked, instant now);

/// Without those that are deleted or never were.
task<std::vector<owner_row>> find_owners(pg::queryable& q, const std::vector<property_id>& properties);
/// One of them; bookings and other changes of the property wait until the transaction ends.
task<std::optional<owner_row>> lock_owner(pg::tx& tx, property_id property);

void edit_days(pg::tx& tx, property_id property, const calendar_edit& e);
void forget_silent_days(pg::tx& tx, property_id property);
void reopen_nights(pg::tx& tx, property_id property, date from, date to, instant now);
void set_pricing(pg::tx& tx, property_id property, const pricing& rules);

task<pg::piles<property_id, season>> seasons_of(pg::queryable& q, const std::vector<property_id>& properties);
/// errc::invalid_input, through the constraint, when it overlaps another one.
task<> insert_season(pg::tx& tx, property_id property, const season& s);
/// False: there is no such season.
task<bool> update_season(pg::tx& tx, property_id property, const season& s);
task<bool> delete_season(pg::tx& tx, property_id property, season_id which);

/// Prices or rules by date have changed: quotes made before are void. The new version.
task<int> count_rule_change(pg::tx& tx, property_id property);

}  // namespace roost::calendar
