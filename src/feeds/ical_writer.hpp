#pragma once
#include <span>
#include <string>
#include <string_view>

#include "core/dates.hpp"

/// Calendars for others to read (RFC 5545; domain rules, 4.5). Text of values is UTF-8.
namespace roost::feeds {

/// Nights that are closed. `uid` and `summary` say nothing about anybody.
struct ical_entry
{
    std::string uid;
    date from, to;  // `to` is the day of departure: DTEND is exclusive
    std::string summary;
    instant changed;
    int sequence = 0;  // grows with every change
};

/// A whole calendar. The same entries give the same bytes.
std::string write_calendar(std::string_view name, std::span<const ical_entry> entries);

/// TEXT (3.3.11): backslash, comma, semicolon and line ends escaped; other control characters left out.
std::string escape_ical_text(std::string_view text);

/// One line with its CRLF, folded after at most 75 octets, never within a character.
void append_ical_line(std::string& out, std::string_view line);

}  // namespace roost::feeds
