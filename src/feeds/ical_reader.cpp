#include "feeds/ical_reader.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <string>

#include "feeds/content_lines.hpp"
#include "feeds/recurrence.hpp"

namespace roost::feeds {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::size_t deepest = 16;
constexpr std::size_t rules_per_event = 8;
/// Further from the window than any zone's clock reaches, which day it is somewhere else does not matter.
constexpr days near_window{4};

/// A moment as an event says it. No zone and not UTC: on the property's own clock.
struct event_time
{
    wall_time wall;
    bool has_time = false, utc = false;
    std::optional<time_zone> zone;
};

/// An instance that RDATE adds.
struct addition
{
    event_time start;
    std::optional<event_time> end;  // of a period; others last as long as the event
};

struct event
{
    std::size_t line = 0;
    bool cancelled = false, is_stay = false;
    std::string uid;
    std::optional<event_time> start, end, replaces;
    std::optional<seconds> lasts;
    std::vector<recurrence> rules;
    std::vector<addition> more;
    std::vector<event_time> except;
};

wall_time later(wall_time t, seconds by)
{
    const auto total = t.time + by;
    const auto over = std::chrono::floor<days>(total);
    return {t.day + over, total - over};
}

/// Words by which platforms say that somebody stays; what they say else is that nights are closed.
bool says_stay(std::string_view summary)
{
    constexpr std::array<std::string_view, 8> words{"reserv",  "réserv", "rÉserv",  "booked",
                                                    "booking", "belegt", "gebucht", "prenot"};
    std::string lower{summary};
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return std::ranges::any_of(words, [&](auto w) { return lower.contains(w); });
}

/// Reads a text into events.
class reader
{
    line_reader lines_;
    const ical_limits& limits_;
    std::vector<std::string> open_;  // components, outermost first
    std::map<std::string, std::optional<time_zone>, std::less<>> zones_;
    std::vector<event> events_;
    bool seen_calendar_ = false;

    std::optional<time_zone> zone_of(std::string_view id);
    std::optional<event_time> time_of(const content_line& l, std::string_view value);
    std::optional<addition> addition_of(const content_line& l, std::string_view value);
    bool take_time(const content_line& l, std::optional<event_time>& into);
    bool read_property(const content_line& l, event& e);
    std::optional<ical_fault> begin(std::string_view name);
    std::optional<ical_fault> end(std::string_view name);
    std::optional<ical_fault> take(std::string_view line);
    bool in_event() const { return open_.size() == 2 && same_word(open_.back(), "VEVENT"); }

public:
    reader(std::string_view text, const ical_limits& limits) : lines_{text, limits.longest_line}, limits_{limits} {}

    std::expected<std::vector<event>, ical_error> read();
};

/// Some write the tz database's name behind a path of their own: "/mozilla.org/20050126_1/Europe/Paris".
std::optional<time_zone> reader::zone_of(std::string_view id)
{
    if (id.size() > 200) return std::nullopt;
    if (const auto known = zones_.find(id); known != zones_.end()) return known->second;
    std::optional<time_zone> found;
    for (auto rest = id;;)
    {
        if ((found = time_zone::parse(rest))) break;
        const auto slash = rest.find('/');
        if (slash == rest.npos) break;
        rest.remove_prefix(slash + 1);
    }
    if (zones_.size() < 1'000) zones_.emplace(id, found);
    return found;
}

std::optional<event_time> reader::time_of(const content_line& l, std::string_view value)
{
    const auto s = parse_stamp(value.substr(0, value.find('/')));  // of a period, its beginning
    if (!s) return std::nullopt;
    event_time t{
        .wall = {s->day, s->time.value_or(seconds{0})}, .has_time = s->time.has_value(), .utc = s->utc, .zone = {}};
    if (t.has_time && !t.utc)
        if (const auto id = l.parameter("TZID")) t.zone = zone_of(*id);
    return t;
}

std::optional<addition> reader::addition_of(const content_line& l, std::string_view value)
{
    const auto start = time_of(l, value);
    if (!start) return std::nullopt;
    addition a{*start, {}};
    const auto slash = value.find('/');
    if (slash == value.npos) return a;
    a.end = time_of(l, value.substr(slash + 1));
    if (const auto lasts = parse_duration(value.substr(slash + 1)))
    {
        a.end = start;
        a.end->wall = later(start->wall, *lasts);
    }
    return a.end ? std::optional{a} : std::nullopt;
}

/// Takes every value of a list; false when one cannot be read.
template <class T, class F>
bool read_list(const content_line& l, std::vector<T>& into, F read)
{
    for (const auto part : l.value | std::views::split(','))
    {
        auto one = read(std::string_view{part});
        if (!one) return false;
        into.push_back(*one);
    }
    return true;
}

bool reader::take_time(const content_line& l, std::optional<event_time>& into)
{
    if (!into) into = time_of(l, l.value);
    return into.has_value();
}

/// False when a line that decides about nights cannot be read.
bool reader::read_property(const content_line& l, event& e)
{
    if (same_word(l.name, "DTSTART")) return take_time(l, e.start);
    if (same_word(l.name, "DTEND")) return take_time(l, e.end);
    if (same_word(l.name, "RECURRENCE-ID")) return take_time(l, e.replaces);
    if (same_word(l.name, "DURATION")) return (e.lasts = parse_duration(l.value)).has_value();
    if (same_word(l.name, "RDATE")) return read_list(l, e.more, [&](auto value) { return addition_of(l, value); });
    if (same_word(l.name, "EXDATE")) return read_list(l, e.except, [&](auto value) { return time_of(l, value); });
    if (same_word(l.name, "UID")) e.uid = l.value;
    if (same_word(l.name, "STATUS")) e.cancelled = same_word(l.value, "CANCELLED");
    if (same_word(l.name, "SUMMARY")) e.is_stay = says_stay(l.value);
    return true;
}

std::optional<ical_fault> reader::begin(std::string_view name)
{
    if (open_.empty() && !same_word(name, "VCALENDAR"))
        return seen_calendar_ ? ical_fault::malformed : ical_fault::not_a_calendar;
    if (open_.size() == deepest) return ical_fault::malformed;
    seen_calendar_ = true;
    open_.emplace_back(name);
    if (!in_event()) return std::nullopt;
    if (events_.size() == limits_.events) return ical_fault::too_many_events;
    events_.emplace_back().line = lines_.line();
    return std::nullopt;
}

std::optional<ical_fault> reader::end(std::string_view name)
{
    if (open_.empty() || !same_word(open_.back(), name)) return ical_fault::malformed;
    open_.pop_back();
    return std::nullopt;
}

std::optional<ical_fault> reader::take(std::string_view line)
{
    const auto l = parse_content_line(line);
    if (l && same_word(l->name, "BEGIN")) return begin(l->value);
    if (open_.empty()) return seen_calendar_ ? ical_fault::malformed : ical_fault::not_a_calendar;
    if (l && same_word(l->name, "END")) return end(l->value);
    // What is no line, or is not about nights, is the rest of some text that was folded badly: nothing to us.
    if (!l || !in_event()) return std::nullopt;
    auto& e = events_.back();
    // It changes all instances that follow, too.
    if (same_word(l->name, "RECURRENCE-ID") && l->parameter("RANGE")) return ical_fault::too_complex;
    if (!same_word(l->name, "RRULE")) return read_property(*l, e) ? std::nullopt : std::optional{ical_fault::malformed};
    auto rule = parse_recurrence(l->value);
    if (!rule || e.rules.size() == rules_per_event) return ical_fault::too_complex;
    e.rules.push_back(*std::move(rule));
    return std::nullopt;
}

std::expected<std::vector<event>, ical_error> reader::read()
{
    while (const auto line = lines_.next())
        if (const auto fault = take(*line)) return std::unexpected{ical_error{*fault, lines_.line()}};
    if (lines_.too_long()) return std::unexpected{ical_error{ical_fault::malformed, lines_.line()}};
    if (!seen_calendar_) return std::unexpected{ical_error{ical_fault::not_a_calendar}};
    if (!open_.empty()) return std::unexpected{ical_error{ical_fault::truncated, lines_.line()}};
    return std::move(events_);
}

/// Turns events into nights.
class closer
{
    const time_zone& zone_;
    date_range window_;
    const ical_limits& limits_;
    long budget_;
    std::vector<date_range> all_;
    closed_nights out_;
    std::set<std::pair<std::string_view, date>> replaced_;  // instances that stand as events of their own
    std::vector<date> except_;                              // of the event at hand, in order

    /// Not to be asked of a zone: of all years up to the latest it was asked for it keeps what its clocks did.
    bool is_ahead(date day) const { return day > window_.to() + near_window; }
    instant moment_of(const event_time& t) const;
    date day_here(const event_time& t) const;
    bool close(const event& e, const event_time& start, const event_time& end);
    bool repeat(const event& e, const event_time& end);
    bool excepted(const event& e, date day) const;
    wall_time on_clock_of(const event_time& start, const event_time& t) const;

public:
    closer(const time_zone& zone, date_range window, const ical_limits& limits)
        : zone_{zone}, window_{window}, limits_{limits}, budget_{limits.repetition}
    {}

    void note_replacements(const std::vector<event>& events);
    bool add(const event& e);
    closed_nights finish() &&;
};

/// Of a time in UTC or of a zone.
instant closer::moment_of(const event_time& t) const
{
    if (t.utc) return t.wall.day + t.wall.time;
    return t.zone->at(t.wall.day, std::chrono::floor<std::chrono::minutes>(t.wall.time));
}

/// The day it is at the property.
date closer::day_here(const event_time& t) const
{
    if (!t.has_time || (!t.utc && !t.zone) || is_ahead(t.wall.day)) return t.wall.day;
    return zone_.day_of(moment_of(t));
}

/// False when there are too many.
bool closer::close(const event& e, const event_time& start, const event_time& end)
{
    const auto from = std::max(day_here(start), window_.from());
    const auto to = std::min(day_here(end), window_.to());
    if (from >= to) return true;
    all_.emplace_back(from, to);
    if (!e.is_stay) out_.closures.emplace_back(from, to);
    return all_.size() < limits_.ranges;
}

bool closer::excepted(const event& e, date day) const
{
    return std::ranges::binary_search(except_, day) || (!e.replaces && replaced_.contains({e.uid, day}));
}

/// Where `t`, which may be of another zone, is among the instances of an event.
wall_time closer::on_clock_of(const event_time& start, const event_time& t) const
{
    if (!t.has_time || !start.has_time) return {t.wall.day, start.wall.time};
    const bool shown_so = t.utc ? start.utc : !t.zone || t.zone == start.zone;
    if (shown_so || is_ahead(t.wall.day)) return t.wall;
    const auto clock = start.utc ? time_zone{} : start.zone.value_or(zone_);
    const auto shown = clock.local(moment_of(t));
    const auto day = std::chrono::floor<days>(shown);
    return {date{day.time_since_epoch()}, std::chrono::floor<seconds>(shown - day)};
}

void closer::note_replacements(const std::vector<event>& events)
{
    std::map<std::string_view, event_time> starts;
    for (const auto& e : events)
        if (!e.replaces && e.start && !e.uid.empty()) starts.emplace(e.uid, *e.start);
    for (const auto& e : events)
        if (const auto of = starts.find(e.uid); e.replaces && of != starts.end())
            replaced_.emplace(e.uid, on_clock_of(of->second, *e.replaces).day);
}

bool closer::repeat(const event& e, const event_time& end)
{
    const auto& start = *e.start;
    const auto first = window_.from() - (end.wall.day - start.wall.day) - near_window;
    bool good = true;
    const auto close_at = [&](wall_time at) {
        if (!good || at.day < first || excepted(e, at.day)) return;
        auto from = start, to = end;
        from.wall = at;
        to.wall = later(end.wall, at.day - start.wall.day + at.time - start.wall.time);
        good = close(e, from, to);
    };
    for (auto rule : e.rules)
    {
        if (rule.until && rule.until_is_utc)
            rule.until = on_clock_of(start, {.wall = *rule.until, .has_time = true, .utc = true, .zone = {}});
        if (!expand(rule, start.wall, window_.to() + near_window, budget_,
                    [&](date day) { close_at({day, start.wall.time}); }))
            return false;
    }
    for (const auto& a : e.more)
        if (!a.end) close_at(on_clock_of(start, a.start));
    return good;
}

/// Where it ends; nothing when that is no end.
std::optional<event_time> end_of(const event& e)
{
    auto end = e.end.value_or(*e.start);
    if (!e.end)
    {
        const auto lasts = e.lasts.value_or(e.start->has_time ? seconds{0} : seconds{days{1}});
        end.wall = later(end.wall, lasts);
    }
    // A whole day that "ends" on itself is that day.
    if (!end.has_time && end.wall.day == e.start->wall.day) end.wall.day += days{1};
    if (end.wall.day < e.start->wall.day) return std::nullopt;
    return end;
}

/// False when it is too much.
bool closer::add(const event& e)
{
    if (e.cancelled) return true;
    ++out_.events;
    const auto end = e.start ? end_of(e) : std::nullopt;
    const bool closes = end && day_here(*end) > day_here(*e.start);
    if (!closes) ++out_.ignored;
    if (!e.start) return true;
    except_.clear();
    for (const auto& t : e.except) except_.push_back(on_clock_of(*e.start, t).day);
    std::ranges::sort(except_);
    for (const auto& a : e.more)
        if (a.end && !excepted(e, on_clock_of(*e.start, a.start).day) && !close(e, a.start, *a.end)) return false;
    if (!closes) return true;
    if (!excepted(e, e.start->wall.day) && !close(e, *e.start, *end)) return false;
    return repeat(e, *end);
}

closed_nights closer::finish() &&
{
    out_.ranges = merged(std::move(all_));
    return std::move(out_);
}

}  // namespace

std::vector<date_range> merged(std::vector<date_range> ranges)
{
    std::ranges::sort(ranges, {}, &date_range::from);
    std::vector<date_range> out;
    for (const auto& r : ranges)
    {
        if (!out.empty() && r.from() <= out.back().to())
            out.back() = {out.back().from(), std::max(out.back().to(), r.to())};
        else
            out.push_back(r);
    }
    return out;
}

std::expected<closed_nights, ical_error> read_closed_nights(std::string_view text, const time_zone& zone,
                                                            date_range window, const ical_limits& limits)
{
    const auto events = reader{text, limits}.read();
    if (!events) return std::unexpected{events.error()};
    closer nights{zone, window, limits};
    nights.note_replacements(*events);
    for (const auto& e : *events)
        if (!nights.add(e)) return std::unexpected{ical_error{ical_fault::too_complex, e.line}};
    return std::move(nights).finish();
}

}  // namespace roost::feeds
