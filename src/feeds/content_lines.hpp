#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/dates.hpp"

/// The syntax below iCalendar (RFC 5545, 3.1): lines that are folded, and the values a calendar of nights is made of.
namespace roost::feeds {

/// Without regard to ASCII case.
bool same_word(std::string_view a, std::string_view b);

/// NAME;PARAMETER=VALUE;…:VALUE. Views into the line.
struct content_line
{
    std::string_view name, parameters, value;

    /// The first value of a parameter, without its quotes.
    std::optional<std::string_view> parameter(std::string_view wanted) const;
};

/// Nothing when it is none.
std::optional<content_line> parse_content_line(std::string_view line);

/// Gives the lines of a text unfolded, without empty ones. Lines end in CRLF or LF, also mixed.
class line_reader
{
    std::string_view text_;
    std::string unfolded_;
    std::size_t longest_, line_ = 0, next_ = 1;
    bool too_long_ = false;

    std::string_view take();

public:
    line_reader(std::string_view text, std::size_t longest);

    /// The next line, good until the one after it; nothing at the end, or when one is longer than allowed.
    std::optional<std::string_view> next();
    bool too_long() const { return too_long_; }
    /// Which line of the text the last one began on, from 1.
    std::size_t line() const { return line_; }
};

/// DATE or DATE-TIME as written; the zone stands beside it.
struct stamp
{
    date day;
    std::optional<std::chrono::seconds> time;
    bool utc = false;
};

/// "20261224", "20261224T150000" or "20261224T150000Z".
std::optional<stamp> parse_stamp(std::string_view text);

/// "P1W", "P3DT2H": never negative, at most ten years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace roost::feeds
