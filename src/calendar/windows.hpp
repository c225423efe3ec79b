#pragma once
#include <optional>
#include <vector>

#include "calendar/availability.hpp"
#include "calendar/store.hpp"
#include "platform/many.hpp"

namespace roost::calendar {

/// A property that somebody may see, and its nights they ask about.
struct seen_window
{
    owner_row property;
    nights asked;
};

/// The window as each property that may be seen has it; `told` is told what is wrong with those of the others.
template <class T>
task<std::vector<seen_window>> windows_of(pg::queryable& q, const std::optional<identity>& who,
                                          const std::vector<property_id>& properties, const window_query& window,
                                          instant now, answers<property_id, T>& told)
{
    std::vector<seen_window> seen;
    for (auto& p : co_await find_owners(q, properties))
    {
        if (!may_see(p.host, p.status, who)) continue;
        if (auto asked = window_of(window, p.time_zone.day_of(now)))
            seen.push_back({std::move(p), *asked});
        else
            told.tell(p.id, std::unexpected{std::move(asked.error())});
    }
    co_return seen;
}

}  // namespace roost::calendar
