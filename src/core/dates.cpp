#include "core/dates.hpp"

#include <charconv>
#include <format>

namespace roost {
namespace {

using namespace std::chrono;

/// Exactly `digits` decimal digits from the front of `text`, which moves on.
std::optional<int> number(std::string_view& text, std::size_t digits)
{
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, digits))
    {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool skip(std::string_view& text, char c)
{
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<date> take_date(std::string_view& text)
{
    const auto y = number(text, 4);
    if (!y || !skip(text, '-')) return std::nullopt;
    const auto m = number(text, 2);
    if (!m || !skip(text, '-')) return std::nullopt;
    const auto d = number(text, 2);
    if (!d || *y < 1900 || *y > 2999) return std::nullopt;
    const year_month_day day{year{*y}, month{static_cast<unsigned>(*m)}, std::chrono::day{static_cast<unsigned>(*d)}};
    if (!day.ok()) return std::nullopt;
    return sys_days{day};
}

std::optional<minutes> take_offset(std::string_view& text)
{
    if (skip(text, 'Z') || skip(text, 'z')) return minutes{0};
    const bool west = text.starts_with('-');
    if (!west && !text.starts_with('+')) return std::nullopt;
    text.remove_prefix(1);
    const auto h = number(text, 2);
    if (!h || !skip(text, ':')) return std::nullopt;
    const auto m = number(text, 2);
    if (!m || *h > 23 || *m > 59) return std::nullopt;
    const minutes offset{*h * 60 + *m};
    return west ? -offset : offset;
}

}  // namespace

std::optional<date> parse_date(std::string_view text)
{
    const auto day = take_date(text);
    return text.empty() ? day : std::nullopt;
}

std::string format(date day) { return std::format("{:%F}", day); }

std::optional<instant> parse_instant(std::string_view text)
{
    const auto day = take_date(text);
    if (!day || !(skip(text, 'T') || skip(text, 't'))) return std::nullopt;
    const auto h = number(text, 2);
    if (!h || !skip(text, ':')) return std::nullopt;
    const auto m = number(text, 2);
    if (!m || !skip(text, ':')) return std::nullopt;
    const auto s = number(text, 2);
    if (!s || *h > 23 || *m > 59 || *s > 59) return std::nullopt;
    microseconds fraction{0};
    if (skip(text, '.'))
    {
        int unit = 100'000;
        std::size_t digits = 0;
        for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits, unit /= 10)
            fraction += microseconds{(text.front() - '0') * unit};
        if (digits == 0) return std::nullopt;
    }
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return instant{*day + hours{*h} + minutes{*m} + seconds{*s} + fraction - *offset};
}

std::string format(instant moment)
{
    const auto whole = floor<seconds>(moment);
    return moment == whole ? std::format("{:%FT%TZ}", whole) : std::format("{:%FT%TZ}", moment);
}

time_zone::time_zone() : zone_{locate_zone("UTC")} {}

std::optional<time_zone> time_zone::parse(std::string_view name)
{
    try
    {
        return time_zone{locate_zone(name)};
    }
    catch (const std::runtime_error&)
    {
        return std::nullopt;
    }
}

date time_zone::day_of(instant moment) const { return date{floor<days>(local(moment)).time_since_epoch()}; }

local_time<microseconds> time_zone::local(instant moment) const { return zone_->to_local(moment); }

instant time_zone::at(date day, minutes time_of_day) const
{
    const local_time<microseconds> wall{day.time_since_epoch() + time_of_day};
    return zone_->to_sys(wall, choose::earliest);
}

}  // namespace roost
