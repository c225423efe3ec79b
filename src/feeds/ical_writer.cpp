#include "feeds/ical_writer.hpp"

#include <format>

namespace roost::feeds {
namespace {

constexpr std::size_t longest = 75;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::string day(date d) { return std::format("{:%Y%m%d}", d); }

void append_entry(std::string& out, const ical_entry& e)
{
    const auto changed = std::chrono::floor<std::chrono::seconds>(e.changed);
    append_ical_line(out, "BEGIN:VEVENT");
    append_ical_line(out, "UID:" + escape_ical_text(e.uid));
    append_ical_line(out, std::format("DTSTAMP:{:%Y%m%dT%H%M%S}Z", changed));
    append_ical_line(out, "DTSTART;VALUE=DATE:" + day(e.from));
    append_ical_line(out, "DTEND;VALUE=DATE:" + day(e.to));
    append_ical_line(out, std::format("SEQUENCE:{}", e.sequence));
    append_ical_line(out, "SUMMARY:" + escape_ical_text(e.summary));
    append_ical_line(out, "TRANSP:OPAQUE");
    append_ical_line(out, "END:VEVENT");
}

}  // namespace

std::string escape_ical_text(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (const char c : text)
    {
        if (c == '\n')
            out += "\\n";
        else if (c == '\\' || c == ';' || c == ',')
            out.append(1, '\\').append(1, c);
        else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)
            out += c;
    }
    return out;
}

void append_ical_line(std::string& out, std::string_view line)
{
    for (auto room = longest; line.size() > room; room = longest - 1)
    {
        auto cut = room;
        while (cut > 1 && continues(line[cut])) --cut;
        out.append(line.substr(0, cut)).append("\r\n ");
        line.remove_prefix(cut);
    }
    out.append(line).append("\r\n");
}

std::string write_calendar(std::string_view name, std::span<const ical_entry> entries)
{
    std::string out;
    append_ical_line(out, "BEGIN:VCALENDAR");
    append_ical_line(out, "VERSION:2.0");
    append_ical_line(out, "PRODID:-//Roost//Calendar//EN");
    append_ical_line(out, "CALSCALE:GREGORIAN");
    append_ical_line(out, "X-WR-CALNAME:" + escape_ical_text(name));
    for (const auto& e : entries) append_entry(out, e);
    append_ical_line(out, "END:VCALENDAR");
    return out;
}

}  // namespace roost::feeds
