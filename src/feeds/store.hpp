#pragma once
#include <optional>
#include <string>
#include <vector>

#include "feeds/feed.hpp"
#include "platform/pg/database.hpp"
#include "properties/property.hpp"

/// Rows of the feature that nobody outside sees.
namespace roost::feeds {

/// What decides who may do what to a property's calendars.
struct owned_property
{
    property_id id;
    user_id host;
    property_status status;
    roost::time_zone time_zone;

    static constexpr auto fields =
        schema::fields(field<&owned_property::id>("id"), field<&owned_property::host>("host_id"),
                       field<&owned_property::status>("status"), field<&owned_property::time_zone>("time_zone"));
};

struct feed_row
{
    feed_id id;
    property_id property;
    std::string name, url;
    std::optional<fetch_outcome> last_outcome;
    std::optional<int> last_status;
    int failures;
    std::optional<instant> last_fetch_at, last_success_at, empty_since;
    instant next_fetch_at;
    int events, ignored, nights;
    instant created_at, updated_at;

    feed shown() const;

    static constexpr auto fields = schema::fields(
        field<&feed_row::id>("id"), field<&feed_row::property>("property_id"), field<&feed_row::name>("name"),
        field<&feed_row::url>("url"), field<&feed_row::last_outcome>("last_outcome"),
        field<&feed_row::last_status>("last_status"), field<&feed_row::failures>("failures"),
        field<&feed_row::last_fetch_at>("last_fetch_at"), field<&feed_row::last_success_at>("last_success_at"),
        field<&feed_row::empty_since>("empty_since"), field<&feed_row::next_fetch_at>("next_fetch_at"),
        field<&feed_row::events>("events"), field<&feed_row::ignored>("ignored"), field<&feed_row::nights>("nights"),
        field<&feed_row::created_at>("created_at"), field<&feed_row::updated_at>("updated_at"));
};

/// What a fetch begins with.
struct feed_to_fetch
{
    feed_id id;
    property_id property;
    std::string url;
    int version;
    std::string etag, last_modified;
    roost::time_zone time_zone;

    static constexpr auto fields =
        schema::fields(field<&feed_to_fetch::id>("id"), field<&feed_to_fetch::property>("property_id"),
                       field<&feed_to_fetch::url>("url"), field<&feed_to_fetch::version>("version"),
                       field<&feed_to_fetch::etag>("etag"), field<&feed_to_fetch::last_modified>("last_modified"),
                       field<&feed_to_fetch::time_zone>("time_zone"));
};

/// What a fetch finds when it is applied. `closes`: the feed closes nights to come.
struct feed_to_apply
{
    int failures;
    std::optional<instant> empty_since;
    bool closes;

    static constexpr auto fields =
        schema::fields(field<&feed_to_apply::failures>("failures"), field<&feed_to_apply::empty_since>("empty_since"),
                       field<&feed_to_apply::closes>("closes"));
};

struct night_changes
{
    int added = 0, removed = 0;

    static constexpr auto fields =
        schema::fields(field<&night_changes::added>("added"), field<&night_changes::removed>("removed"));
};

struct exported_range
{
    std::string uid;
    date from, to;
    bool is_stay;
    instant changed;
    int version;

    static constexpr auto fields =
        schema::fields(field<&exported_range::uid>("uid"), field<&exported_range::from>("from"),
                       field<&exported_range::to>("to"), field<&exported_range::is_stay>("is_stay"),
                       field<&exported_range::changed>("changed"), field<&exported_range::version>("version"));
};

struct found_address
{
    property_id property;
    std::string title;
    roost::time_zone time_zone;
    std::optional<instant> last_read_at;

    static constexpr auto fields = schema::fields(
        field<&found_address::property>("property_id"), field<&found_address::title>("title"),
        field<&found_address::time_zone>("time_zone"), field<&found_address::last_read_at>("last_read_at"));
};

}  // namespace roost::feeds
