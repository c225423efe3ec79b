#include "platform/http/render.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "platform/http/problem.hpp"
#include "platform/observe/log.hpp"

namespace roost::http {
namespace {

constexpr bool letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr bool hex(std::string_view s)
{
    return std::ranges::all_of(s, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

constexpr bool zeros(std::string_view s) { return s.find_first_not_of('0') == s.npos; }

void append(std::string& out, std::size_t n)
{
    std::array<char, 20> text;
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), n).ptr);
}

void field(std::string& out, std::string_view name, std::string_view value)
{
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

bool fits_field(std::string_view value)
{
    return std::ranges::none_of(
        value, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace

bool valid_request_id(std::string_view id)
{
    return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](char c) {
        return letter_or_digit(c) || std::string_view{"-_.:"}.contains(c);
    });
}

bool valid_traceparent(std::string_view v)
{
    if (v.size() < 55 || v[2] != '-' || v[35] != '-' || v[52] != '-') return false;
    const auto version = v.substr(0, 2), trace = v.substr(3, 32), parent = v.substr(36, 16), flags = v.substr(53, 2);
    if (!hex(version) || !hex(trace) || !hex(parent) || !hex(flags) || zeros(trace) || zeros(parent)) return false;
    if (version == "00") return v.size() == 55;
    return version != "ff" && v.size() <= 128 && (v.size() == 55 || v[55] == '-');
}

void http_date(std::string& to)
{
    // strftime would ask the locale for the names.
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t now = std::time(nullptr);
    std::tm t{};
    gmtime_r(&now, &t);
    std::array<char, 40> text;
    const int n = std::snprintf(
        text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT", days[static_cast<std::size_t>(t.tm_wday)],
        t.tm_mday, months[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    to.assign(text.data(), static_cast<std::size_t>(n));
}

void render_head(std::string& out, const response& r, const reply_head& h)
{
    out += "HTTP/1.1 ";
    append(out, static_cast<std::size_t>(r.status));
    out += ' ';
    out += reason_of(r.status);
    out += "\r\n";
    field(out, "Date", h.date);
    field(out, "X-Request-Id", h.request_id);
    field(out, "X-Content-Type-Options", "nosniff");
    if (!h.keep_alive)
        field(out, "Connection", "close");
    else if (h.http_1_0)
        field(out, "Connection", "keep-alive");
    if (!r.content_type.empty()) field(out, "Content-Type", r.content_type);
    if (h.streamed)
    {
        if (!h.http_1_0) field(out, "Transfer-Encoding", "chunked");
    }
    else if (r.status != 204 && r.status != 304)
    {
        out += "Content-Length: ";
        append(out, h.body_size);
        out += "\r\n";
    }
    for (const auto& f : r.headers)
    {
        if (fits_field(f.value))
            field(out, f.name, f.value);
        else
            log::error("header field dropped", {{"field", f.name}, {"request_id", h.request_id}, {"route", r.route}});
    }
    out += "\r\n";
}

}  // namespace roost::http
