#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/enums.hpp"
#include "core/id.hpp"
#include "platform/schema/schema.hpp"

/// What hosts send and get about calendars shared with other platforms (domain rules, 4.5).
namespace roost::feeds {

using feed_id = id<struct feed_tag>;
using address_id = id<struct ical_address_tag>;
using schema::field;

/// How a fetch ended. The names are API and stand in the database.
enum class fetch_outcome : std::uint8_t
{
    read,
    not_modified,
    held_empty,  // it says that nothing is closed any more; not believed yet
    bad_status,
    // outbound::fault
    bad_address,
    forbidden_address,
    unknown_host,
    unreachable,
    timed_out,
    untrusted,
    broken,
    too_large,
    too_many_redirects,
    busy,
    // ical_fault
    not_a_calendar,
    truncated,
    malformed,
    too_many_events,
    too_complex,
};
constexpr auto names_of(fetch_outcome)
{
    return std::to_array<std::string_view>(
        {"read", "not_modified", "held_empty", "bad_status", "bad_address", "forbidden_address", "unknown_host",
         "unreachable", "timed_out", "untrusted", "broken", "too_large", "too_many_redirects", "busy", "not_a_calendar",
         "truncated", "malformed", "too_many_events", "too_complex"});
}

/// What was read, or is as it was.
constexpr bool is_good(fetch_outcome o) { return o == fetch_outcome::read || o == fetch_outcome::not_modified; }

enum class feed_health : std::uint8_t
{
    waiting,
    healthy,
    doubtful,
    failing,
};
constexpr auto names_of(feed_health)
{
    return std::to_array<std::string_view>({"waiting", "healthy", "doubtful", "failing"});
}

/// The nights [from, to).
struct night_range
{
    date from, to;

    bool operator==(const night_range&) const = default;

    static constexpr auto fields = schema::fields(field<&night_range::from>("from", "First night."),
                                                  field<&night_range::to>("to", "Day after the last."));
};

struct new_feed
{
    std::string name, url;

    static constexpr auto fields =
        schema::fields(field<&new_feed::name>("name", schema::length(1, 80), schema::example{R"("Another platform")"},
                                              "What the host calls it."),
                       field<&new_feed::url>("url", schema::length(8, 2000),
                                             schema::example{R"("https://calendar.invalid/listing/1.ics")"},
                                             "Where the calendar is read: https or webcal, on the usual port."));
};

struct feed_changes
{
    schema::patch<std::string> name, url;

    static constexpr auto fields =
        schema::fields(field<&feed_changes::name>("name", schema::length(1, 80), schema::example(R"("Other site")"),
                                                  "What the host calls it."),
                       field<&feed_changes::url>("url", schema::length(8, 2000),
                                                 "Another address. Until it was read, what the old one said stays."));
};

struct feed
{
    feed_id id;
    property_id property;
    std::string name, url;
    feed_health health = feed_health::waiting;
    std::optional<fetch_outcome> last_outcome;
    std::optional<int> last_status;
    int failures;
    std::optional<instant> last_fetch_at, last_success_at, empty_since;
    instant next_fetch_at;
    int events, ignored, nights;
    instant created_at, updated_at;

    static constexpr auto fields = schema::fields(
        field<&feed::id>("id", "Its id."), field<&feed::property>("property_id", "Whose nights it closes."),
        field<&feed::name>("name", "What the host calls it."), field<&feed::url>("url", "Where it is read."),
        field<&feed::health>("health",
                             "waiting for the first fetch, healthy, doubtful (it says that nothing is closed any more, "
                             "which is not believed yet) or failing. Whatever it is, what was last believed holds."),
        field<&feed::last_outcome>("last_outcome", "How the last fetch ended."),
        field<&feed::last_status>("last_status", schema::example{"200"}, "With which HTTP status, if it came to one."),
        field<&feed::failures>("failures", schema::example{"0"}, "Fetches in a row that failed."),
        field<&feed::last_fetch_at>("last_fetch_at", "When it was last fetched."),
        field<&feed::last_success_at>("last_success_at", "When what it said was last believed."),
        field<&feed::empty_since>("empty_since", "Since when it says that nothing is closed without being believed."),
        field<&feed::next_fetch_at>("next_fetch_at", "When it will be fetched."),
        field<&feed::events>("events", schema::example{"3"}, "Events of the version that holds."),
        field<&feed::ignored>("ignored", schema::example{"0"}, "Of them, those that close no night by themselves."),
        field<&feed::nights>("nights", schema::example{"12"}, "Nights that it closes."),
        field<&feed::created_at>("created_at", "When it was made."),
        field<&feed::updated_at>("updated_at", "When the host last changed it."));
};

struct fetch_record
{
    instant at;
    fetch_outcome outcome;
    std::optional<int> status;
    int bytes, events, added, removed;

    static constexpr auto fields = schema::fields(
        field<&fetch_record::at>("at", "When."), field<&fetch_record::outcome>("outcome", "How it ended."),
        field<&fetch_record::status>("status", "The HTTP status, if it came to one."),
        field<&fetch_record::bytes>("bytes", "What came."), field<&fetch_record::events>("events", "Events in it."),
        field<&fetch_record::added>("added", "Nights that it closed."),
        field<&fetch_record::removed>("removed", "Nights that it freed."));
};

struct conflict
{
    feed_id feed;
    std::string feed_name;
    booking_id booking;
    date from, to;
    bool likely_echo;
    instant found_at;

    static constexpr auto fields = schema::fields(
        field<&conflict::feed>("feed_id", "The feed that closes the nights."),
        field<&conflict::feed_name>("feed_name", "What the host calls it."),
        field<&conflict::booking>("booking_id", "The confirmed stay."), field<&conflict::from>("from", "First night."),
        field<&conflict::to>("to", "Day after the last."),
        field<&conflict::likely_echo>(
            "likely_echo", "Most likely the other platform repeats the stay, having read it in our calendar."),
        field<&conflict::found_at>("found_at", "When it was found."));
};

struct new_address
{
    std::string name;

    static constexpr auto fields = schema::fields(field<&new_address::name>(
        "name", schema::at_most(80), schema::defaulted, schema::example{R"("Another platform")"}, "Who reads it."));
};

/// An address at which others read the property's calendar, without its secret.
struct ical_address
{
    address_id id;
    std::string name;
    instant created_at;
    std::optional<instant> last_read_at;

    static constexpr auto fields =
        schema::fields(field<&ical_address::id>("id", "Its id."), field<&ical_address::name>("name", "Who reads it."),
                       field<&ical_address::created_at>("created_at", "When it was made."),
                       field<&ical_address::last_read_at>("last_read_at", "When it was last read, to the hour."));
};

struct made_address
{
    address_id id;
    std::string name, url;
    instant created_at;

    static constexpr auto fields = schema::fields(
        field<&made_address::id>("id", "Its id; revoking it names it."),
        field<&made_address::name>("name", "Who reads it."),
        field<&made_address::url>("url", "The secret address. It is shown this once: nobody keeps it here."),
        field<&made_address::created_at>("created_at", "When it was made."));
};

}  // namespace roost::feeds
