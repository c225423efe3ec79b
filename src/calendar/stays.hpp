#pragma once
#include "calendar/rules.hpp"

namespace roost::calendar {

/// What holds for one day: what was said of it, else its season, else its weekday, else the property.
struct day_terms
{
    int min_nights, max_nights;  // of stays that begin that day
    bool closed_to_arrival, closed_to_departure;

    bool operator==(const day_terms&) const = default;
};

/// `special`: null when the property has no rules beyond its own fields.
day_terms terms_of(const stay_rules& usual, const rule_set* special, date day);

/// Why a property does not take a booking of the stay made at `now`, in its zone; nothing when it does.
/// errc::invalid_input with one error per broken rule. Free nights and capacity are not looked at. The SQL function
/// ruled_stay says the same of lengths and days; a test holds the two together.
std::optional<error> refusal(stay_rules usual, const rule_set* special, const time_zone& zone, date_range stay,
                             instant now);

}  // namespace roost::calendar
