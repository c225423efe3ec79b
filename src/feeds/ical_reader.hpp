#pragma once
#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/enums.hpp"

/// Which nights a calendar of another platform closes (RFC 5545; domain rules, 4.5). Text in, nights out: no I/O.
/// Everything a stranger can make large is bounded, and the time it takes is linear in the text.
namespace roost::feeds {

/// Why a calendar is not believed. The names are API and stand in the database.
enum class ical_fault
{
    not_a_calendar,  // another kind of document
    truncated,       // it ends before its end
    malformed,       // lines, components or dates that cannot be read
    too_many_events,
    too_complex,  // repetitions without measure, or that are not understood
};
constexpr auto names_of(ical_fault)
{
    using namespace std::literals;
    return std::array{"not_a_calendar"sv, "truncated"sv, "malformed"sv, "too_many_events"sv, "too_complex"sv};
}

/// `line` of the text, from 1; 0 when none in particular.
struct ical_error
{
    ical_fault fault;
    std::size_t line = 0;
};

struct ical_limits
{
    std::size_t longest_line = 1 << 20;  // octets, unfolded
    std::size_t events = 10'000;
    std::size_t ranges = 100'000;  // after repetition
    long repetition = 3'000'000;   // days looked at to expand all rules
};

struct closed_nights
{
    /// In order, merged: neither overlapping nor touching. Within the window.
    std::vector<date_range> ranges;
    /// Of events that are not marked as somebody's stay, each by itself and as written. Within the window, in no order.
    std::vector<date_range> closures;
    std::size_t events = 0;   // those that are not cancelled
    std::size_t ignored = 0;  // of them: without a beginning, ending before it, or within one day
};

/// The nights within `window` that a complete calendar closes. Days are those of the property's `zone`: what has a time
/// is moved there; what has a zone the tz database does not know, or none, is taken to be written there. DTEND is the
/// day of departure and stays free. What is cancelled closes nothing; what is "transparent" does, since calendars
/// write that by default.
std::expected<closed_nights, ical_error> read_closed_nights(std::string_view text, const time_zone& zone,
                                                            date_range window, const ical_limits& limits = {});

/// Sorted and joined where they overlap or touch.
std::vector<date_range> merged(std::vector<date_range> ranges);

}  // namespace roost::feeds
