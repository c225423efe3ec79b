#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/dates.hpp"

/// Recurrence rules (RFC 5545, 3.3.10) by the day: what repeats within a day is none of a calendar of nights.
namespace roost::feeds {

/// A wall clock's day and time; which clock is the caller's business.
struct wall_time
{
    date day;
    std::chrono::seconds time{0};

    auto operator<=>(const wall_time&) const = default;
};

enum class frequency
{
    daily,
    weekly,
    monthly,
    yearly,
};

struct recurrence
{
    struct weekday_part
    {
        int nth;  // of the month or year, from its end when negative; 0: every one
        std::chrono::weekday day;
    };

    frequency every = frequency::daily;
    int interval = 1;
    std::optional<int> count;
    std::optional<wall_time> until;  // on the event's own clock, unless:
    bool until_is_utc = false;
    std::chrono::weekday week_start = std::chrono::Monday;
    std::vector<weekday_part> by_day;
    std::vector<int> by_month_day, by_year_day, by_month, by_position;
};

/// Nothing when it is no rule, or one that is not understood: repeating more often than daily, or by numbers of weeks.
std::optional<recurrence> parse_recurrence(std::string_view text);

/// Calls `each` with the days of the rule from `start`'s on, in order, up to and including `last`. `budget` is what it
/// may cost, in days looked at: false when it ran out.
bool expand(const recurrence& rule, wall_time start, date last, long& budget, const std::function<void(date)>& each);

}  // namespace roost::feeds
