#include "feeds/recurrence.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ranges>

#include "feeds/content_lines.hpp"

namespace roost::feeds {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::months;
using std::chrono::weekday;
using std::chrono::year;
using std::chrono::year_month;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr int most_interval = 10'000;
constexpr int most_count = 1'000'000'000;
/// Longer lists than the longest that makes sense are no rule.
constexpr std::size_t longest_list = 366;

constexpr std::array<std::string_view, 7> weekdays{"SU", "MO", "TU", "WE", "TH", "FR", "SA"};

std::optional<int> number(std::string_view text, int least, int most)
{
    int n = 0;
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (bad != std::errc{} || end != text.data() + text.size() || n < least || n > most) return std::nullopt;
    return n;
}

std::optional<weekday> weekday_of(std::string_view text)
{
    for (unsigned i = 0; i < weekdays.size(); ++i)
        if (same_word(text, weekdays[i])) return weekday{i};
    return std::nullopt;
}

template <class T, class F>
bool parse_list(std::string_view text, std::vector<T>& into, F parse_one)
{
    for (const auto part : text | std::views::split(','))
    {
        const auto one = parse_one(std::string_view{part});
        if (!one || into.size() == longest_list) return false;
        into.push_back(*one);
    }
    return !into.empty();
}

/// Counted from either end; nothing is the 0th.
bool parse_places(std::string_view text, int most, std::vector<int>& into)
{
    return parse_list(text, into, [most](std::string_view t) {
        auto n = number(t, -most, most);
        return n == 0 ? std::nullopt : n;
    });
}

std::optional<recurrence::weekday_part> weekday_part_of(std::string_view text)
{
    if (text.size() < 2) return std::nullopt;
    const auto day = weekday_of(text.substr(text.size() - 2));
    text.remove_suffix(2);
    const auto nth = text.empty() ? std::optional{0} : number(text, -53, 53);
    if (!day || !nth) return std::nullopt;
    return recurrence::weekday_part{*nth, *day};
}

bool parse_frequency(std::string_view text, recurrence& rule)
{
    constexpr std::array<std::string_view, 4> names{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    for (std::size_t i = 0; i < names.size(); ++i)
    {
        if (!same_word(text, names[i])) continue;
        rule.every = static_cast<frequency>(i);
        return true;
    }
    return false;
}

template <class T>
bool keep(std::optional<T> parsed, T& into)
{
    if (parsed) into = *parsed;
    return parsed.has_value();
}

bool parse_until(std::string_view text, recurrence& rule)
{
    const auto until = parse_stamp(text);
    if (!until) return false;
    // A day is meant whole.
    rule.until = wall_time{until->day, until->time.value_or(std::chrono::hours{24})};
    rule.until_is_utc = until->utc;
    return true;
}

bool parse_part(std::string_view name, std::string_view value, recurrence& rule)
{
    if (same_word(name, "FREQ")) return parse_frequency(value, rule);
    if (same_word(name, "INTERVAL")) return keep(number(value, 1, most_interval), rule.interval);
    if (same_word(name, "COUNT")) return (rule.count = number(value, 1, most_count)).has_value();
    if (same_word(name, "UNTIL")) return parse_until(value, rule);
    if (same_word(name, "WKST")) return keep(weekday_of(value), rule.week_start);
    if (same_word(name, "BYDAY")) return parse_list(value, rule.by_day, weekday_part_of);
    if (same_word(name, "BYMONTHDAY")) return parse_places(value, 31, rule.by_month_day);
    if (same_word(name, "BYYEARDAY")) return parse_places(value, 366, rule.by_year_day);
    if (same_word(name, "BYMONTH"))
        return parse_list(value, rule.by_month, [](std::string_view t) { return number(t, 1, 12); });
    if (same_word(name, "BYSETPOS")) return parse_places(value, 366, rule.by_position);
    // Hours and less do not change which day it is.
    return same_word(name, "BYHOUR") || same_word(name, "BYMINUTE") || same_word(name, "BYSECOND");
}

bool contains_place(const std::vector<int>& places, int at, int of)
{
    return std::ranges::any_of(places, [&](int p) { return p == at || p == at - of - 1; });
}

/// A day with what rules ask of it.
struct day_facts
{
    date day;
    year_month_day ymd;
    int month_day, month_days, year_day, year_days;
    std::chrono::weekday weekday;

    explicit day_facts(date d)
        : day{d},
          ymd{d},
          month_day{static_cast<int>(static_cast<unsigned>(ymd.day()))},
          month_days{static_cast<int>(static_cast<unsigned>((ymd.year() / ymd.month() / std::chrono::last).day()))},
          year_day{static_cast<int>((d - date{ymd.year() / 1 / 1}).count()) + 1},
          year_days{ymd.year().is_leap() ? 366 : 365},
          weekday{d}
    {}
};

class matcher
{
    const recurrence& rule_;
    year_month_day start_;
    weekday start_weekday_;
    bool any_day_rule_;

    bool by_weekday(const day_facts& d) const
    {
        const bool in_month =
            rule_.every == frequency::monthly || (rule_.every == frequency::yearly && !rule_.by_month.empty());
        const bool in_year = rule_.every == frequency::yearly && !in_month;
        return std::ranges::any_of(rule_.by_day, [&](const auto& part) {
            if (part.day != d.weekday) return false;
            if (part.nth == 0 || !(in_month || in_year)) return true;
            const int at = in_month ? d.month_day : d.year_day;
            const int of = in_month ? d.month_days : d.year_days;
            return part.nth == (at - 1) / 7 + 1 || part.nth == -((of - at) / 7 + 1);
        });
    }

    /// What the start says where the rule says nothing.
    bool as_start(const day_facts& d) const
    {
        switch (rule_.every)
        {
            case frequency::daily: return true;
            case frequency::weekly: return d.weekday == start_weekday_;
            case frequency::monthly: return d.ymd.day() == start_.day();
            case frequency::yearly: break;
        }
        return d.ymd.day() == start_.day() && (!rule_.by_month.empty() || d.ymd.month() == start_.month());
    }

public:
    matcher(const recurrence& rule, date start)
        : rule_{rule},
          start_{start},
          start_weekday_{start},
          any_day_rule_{!rule.by_day.empty() || !rule.by_month_day.empty() || !rule.by_year_day.empty()}
    {}

    bool operator()(date day) const
    {
        const day_facts d{day};
        if (!rule_.by_month.empty()
            && !std::ranges::contains(rule_.by_month, static_cast<int>(static_cast<unsigned>(d.ymd.month()))))
            return false;
        if (!any_day_rule_) return as_start(d);
        return (rule_.by_year_day.empty() || contains_place(rule_.by_year_day, d.year_day, d.year_days))
               && (rule_.by_month_day.empty() || contains_place(rule_.by_month_day, d.month_day, d.month_days))
               && (rule_.by_day.empty() || by_weekday(d));
    }
};

/// The rule's nth period: its first day and the day after its last.
std::pair<date, date> period(const recurrence& rule, date start, int nth)
{
    const year_month_day from{start};
    const auto step = nth * rule.interval;
    switch (rule.every)
    {
        case frequency::daily: return {start + days{step}, start + days{step + 1}};
        case frequency::weekly: {
            const auto first = start - (weekday{start} - rule.week_start) + days{7 * step};
            return {first, first + days{7}};
        }
        case frequency::monthly: {
            const auto month = year_month{from.year(), from.month()} + months{step};
            return {date{month / 1}, date{(month + months{1}) / 1}};
        }
        case frequency::yearly: break;
    }
    const auto in = from.year() + years{step};
    return {date{in / 1 / 1}, date{(in + years{1}) / 1 / 1}};
}

}  // namespace

std::optional<recurrence> parse_recurrence(std::string_view text)
{
    recurrence rule;
    bool has_frequency = false;
    while (text.ends_with(';')) text.remove_suffix(1);
    for (const auto range : text | std::views::split(';'))
    {
        const std::string_view part{range};
        const auto equals = part.find('=');
        if (equals == part.npos) return std::nullopt;
        const auto name = part.substr(0, equals);
        if (!parse_part(name, part.substr(equals + 1), rule)) return std::nullopt;
        has_frequency = has_frequency || same_word(name, "FREQ");
    }
    if (!has_frequency) return std::nullopt;
    return rule;
}

bool expand(const recurrence& rule, wall_time start, date last, long& budget, const std::function<void(date)>& each)
{
    const matcher matches{rule, start.day};
    int left = rule.count.value_or(0);
    std::vector<date> found;
    for (int nth = 0;; ++nth)
    {
        const auto [from, to] = period(rule, start.day, nth);
        if (from > last) return true;
        if ((budget -= (to - from).count()) < 0) return false;
        found.clear();
        for (auto d = from; d < to; d += days{1})
            if (matches(d)) found.push_back(d);
        for (std::size_t i = 0; i < found.size(); ++i)
        {
            const auto at = static_cast<int>(i) + 1;
            if (!rule.by_position.empty() && !contains_place(rule.by_position, at, static_cast<int>(found.size())))
                continue;
            if (found[i] < start.day) continue;
            if (found[i] > last || (rule.until && wall_time{found[i], start.time} > *rule.until)) return true;
            each(found[i]);
            if (rule.count && --left == 0) return true;
        }
    }
}

}  // namespace roost::feeds
