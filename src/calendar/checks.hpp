#pragma once
#include "calendar/resources.hpp"

/// What makes a host's rules contradict themselves or the property: pure, every fault at once under its pointer.
namespace roost::calendar {

/// Nobody can book further ahead than booking windows reach, so nothing needs saying there.
inline constexpr std::chrono::days furthest_ahead{1'095 + longest_stay};
/// Of all edits of one call.
inline constexpr int most_edited_nights = 3'000;

/// `unit`: of the property's prices; nothing while it has none. Settles the order of lists of weekdays.
result<void> check(pricing& rules, std::optional<currency> unit);
result<void> check(season_terms& terms, std::optional<currency> unit, date today);
result<void> check(const calendar_edits& asked, std::optional<currency> unit, date today);

/// The nights an edit speaks of, in runs without gaps.
std::vector<date_range> nights_of(const calendar_edit& e);

}  // namespace roost::calendar
