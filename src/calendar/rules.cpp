#include "calendar/rules.hpp"

#include <algorithm>

namespace roost::calendar {

const season* rule_set::season_of(date day) const
{
    const auto found = std::ranges::find_if(seasons, [&](const season& s) { return s.from <= day && day < s.to; });
    return found == seasons.end() ? nullptr : &*found;
}

const day_rule* rule_set::rule_of(date day) const
{
    const auto found = std::ranges::lower_bound(days, day, {}, &day_rule::day);
    return found == days.end() || found->day != day ? nullptr : &*found;
}

const weekday_rule* rule_set::usual_of(date day) const
{
    const auto found = std::ranges::find(pricing.weekday_rules, weekday_of(day), &weekday_rule::weekday);
    return found == pricing.weekday_rules.end() ? nullptr : &*found;
}

}  // namespace roost::calendar
