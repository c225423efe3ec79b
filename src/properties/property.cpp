#include "properties/property.hpp"

#include <algorithm>
#include <format>

namespace roost {

weekday weekday_of(date day) { return static_cast<weekday>(std::chrono::weekday{day}.iso_encoding() - 1); }

std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text)
{
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9' ? text[i] - '0' : 100; };
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const int hour = digit(0) * 10 + digit(1), minute = digit(3) * 10 + digit(4);
    if (hour > 23 || minute > 59) return std::nullopt;
    return std::chrono::minutes{hour * 60 + minute};
}

std::optional<error> refusal(const stay_rules& rules, const time_zone& zone, date_range stay, instant now)
{
    const auto today = zone.day_of(now);
    const auto ahead = (stay.from() - today).count();
    error refused{errc::invalid_input, "The property does not take this stay.", {}, {}};
    const auto add = [&](std::string_view field, std::string detail) {
        refused.fields.push_back({std::string{field}, "stay_rule", std::move(detail)});
    };
    if (stay.nights() < rules.min_nights) add("/check_out", std::format("at least {} nights", rules.min_nights));
    if (stay.nights() > std::min(rules.max_nights, longest_stay))
        add("/check_out", std::format("at most {} nights", std::min(rules.max_nights, longest_stay)));
    if (ahead < 0)
        add("/check_in", "is in the past");
    else if (ahead < rules.advance_notice_days)
        add("/check_in", std::format("book at least {} days ahead", rules.advance_notice_days));
    else if (ahead == 0 && now >= zone.at(today, std::chrono::hours{rules.same_day_cutoff_hour}))
        add("/check_in", std::format("arrivals today were taken until {}:00", rules.same_day_cutoff_hour));
    if (ahead > rules.booking_window_days)
        add("/check_in", std::format("book at most {} days ahead", rules.booking_window_days));
    if (std::ranges::contains(rules.closed_to_arrival, weekday_of(stay.from())))
        add("/check_in", std::format("nobody arrives on a {}", name_of(weekday_of(stay.from()))));
    if (std::ranges::contains(rules.closed_to_departure, weekday_of(stay.to())))
        add("/check_out", std::format("nobody departs on a {}", name_of(weekday_of(stay.to()))));
    if (refused.fields.empty()) return std::nullopt;
    return refused;
}

}  // namespace roost
