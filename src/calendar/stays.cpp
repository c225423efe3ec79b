#include "calendar/stays.hpp"

#include <algorithm>

namespace roost::calendar {
namespace {

using std::chrono::days;

/// The first that says something; the last is what holds otherwise.
template <class T>
T first_of(std::initializer_list<std::optional<T>> said, T usual)
{
    for (const auto& value : said)
        if (value) return *value;
    return usual;
}

template <auto Member, class T>
auto said_by(const T* rule) -> std::remove_cvref_t<decltype(rule->*Member)>
{
    return rule ? rule->*Member : std::nullopt;
}

bool is_closed(std::optional<bool> that_day, const std::optional<std::vector<weekday>>& in_season,
               const std::vector<weekday>& usual, weekday on)
{
    return that_day.value_or(std::ranges::contains(in_season ? *in_season : usual, on));
}

}  // namespace

day_terms terms_of(const stay_rules& usual, const rule_set* special, date day)
{
    const auto* d = special ? special->rule_of(day) : nullptr;
    const auto* s = special ? special->season_of(day) : nullptr;
    const auto* w = special ? special->usual_of(day) : nullptr;
    const auto on = weekday_of(day);
    return {.min_nights = first_of({said_by<&day_rule::min_nights>(d), said_by<&season::min_nights>(s),
                                    said_by<&weekday_rule::min_nights>(w)},
                                   usual.min_nights),
            .max_nights = first_of({said_by<&day_rule::max_nights>(d), said_by<&season::max_nights>(s),
                                    said_by<&weekday_rule::max_nights>(w)},
                                   usual.max_nights),
            .closed_to_arrival = is_closed(said_by<&day_rule::closed_to_arrival>(d),
                                           said_by<&season::closed_to_arrival>(s), usual.closed_to_arrival, on),
            .closed_to_departure = is_closed(said_by<&day_rule::closed_to_departure>(d),
                                             said_by<&season::closed_to_departure>(s), usual.closed_to_departure, on)};
}

std::optional<error> refusal(stay_rules usual, const rule_set* special, const time_zone& zone, date_range stay,
                             instant now)
{
    if (!special) return roost::refusal(usual, zone, stay, now);
    const auto arrival = terms_of(usual, special, stay.from());
    const auto departure = terms_of(usual, special, stay.to());
    auto shortest = arrival.min_nights;
    // A stay that is too long for anybody is refused anyway.
    if (special->pricing.min_stay_through && stay.nights() <= longest_stay)
        for (auto night = stay.from(); night < stay.to(); night += days{1})
            shortest = std::max(shortest, terms_of(usual, special, night).min_nights);

    // The property's own rules, as they are for these days.
    usual.min_nights = shortest;
    usual.max_nights = arrival.max_nights;
    usual.closed_to_arrival.clear();
    usual.closed_to_departure.clear();
    if (arrival.closed_to_arrival) usual.closed_to_arrival = {weekday_of(stay.from())};
    if (departure.closed_to_departure) usual.closed_to_departure = {weekday_of(stay.to())};
    return roost::refusal(usual, zone, stay, now);
}

}  // namespace roost::calendar
