#include "feeds/content_lines.hpp"

#include <algorithm>
#include <charconv>

namespace roost::feeds {
namespace {

using std::chrono::seconds;

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// Exactly `count` digits from `at` on.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count)
{
    int n = 0;
    for (const char c : text.substr(at, count))
    {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + (c - '0');
    }
    return n;
}

/// Where the next of `wanted` stands outside of quotes.
std::size_t find_unquoted(std::string_view text, std::size_t from, std::string_view wanted)
{
    bool quoted = false;
    for (auto i = from; i < text.size(); ++i)
    {
        if (text[i] == '"') quoted = !quoted;
        if (!quoted && wanted.contains(text[i])) return i;
    }
    return text.npos;
}

std::optional<seconds> parse_time(std::string_view text)
{
    const auto h = digits(text, 0, 2), m = digits(text, 2, 2), s = digits(text, 4, 2);
    // 24 and a leap second are written by some; both are the moment after.
    if (!h || !m || !s || *h > 24 || *m > 59 || *s > 60) return std::nullopt;
    return std::min<seconds>(std::chrono::hours{*h} + std::chrono::minutes{*m} + seconds{*s}, std::chrono::hours{24});
}

}  // namespace

bool same_word(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> content_line::parameter(std::string_view wanted) const
{
    for (std::size_t at = 0; at < parameters.size();)
    {
        const auto end = std::min(find_unquoted(parameters, at, ";"), parameters.size());
        const auto one = parameters.substr(at, end - at);
        at = end + 1;
        const auto equals = one.find('=');
        if (equals == one.npos || !same_word(one.substr(0, equals), wanted)) continue;
        auto found = one.substr(equals + 1);
        if (found.starts_with('"')) return found.substr(1, found.find('"', 1) - 1);
        return found.substr(0, found.find(','));
    }
    return std::nullopt;
}

std::optional<content_line> parse_content_line(std::string_view line)
{
    const auto name_end = static_cast<std::size_t>(std::ranges::find_if_not(line, is_name) - line.begin());
    if (name_end == 0 || name_end == line.size() || (line[name_end] != ';' && line[name_end] != ':'))
        return std::nullopt;
    const auto colon = find_unquoted(line, name_end, ":");
    if (colon == line.npos) return std::nullopt;
    const auto parameters = colon > name_end ? line.substr(name_end + 1, colon - name_end - 1) : std::string_view{};
    return content_line{line.substr(0, name_end), parameters, line.substr(colon + 1)};
}

line_reader::line_reader(std::string_view text, std::size_t longest) : text_{text}, longest_{longest}
{
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
}

std::string_view line_reader::take()
{
    auto line = text_.substr(0, text_.find('\n'));
    text_.remove_prefix(std::min(line.size() + 1, text_.size()));
    ++next_;
    while (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::optional<std::string_view> line_reader::next()
{
    const auto folded = [this] { return text_.starts_with(' ') || text_.starts_with('\t'); };
    while (!text_.empty() && !too_long_)
    {
        line_ = next_;
        auto line = take();
        if (folded())
        {
            unfolded_ = line;
            while (folded() && unfolded_.size() <= longest_) unfolded_ += take().substr(1);
            line = unfolded_;
        }
        too_long_ = line.size() > longest_;
        if (!too_long_ && line.find_first_not_of(" \t") != line.npos) return line;
    }
    return std::nullopt;
}

std::optional<stamp> parse_stamp(std::string_view text)
{
    if (text.size() < 8) return std::nullopt;
    const auto y = digits(text, 0, 4), m = digits(text, 4, 2), d = digits(text, 6, 2);
    if (!y || !m || !d) return std::nullopt;
    const auto ymd = std::chrono::year{*y} / *m / *d;
    if (!ymd.ok()) return std::nullopt;
    stamp s{.day = date{ymd}, .time = {}};
    if (text.size() == 8) return s;
    s.utc = text.size() == 16 && (text[15] == 'Z' || text[15] == 'z');
    if (text[8] != 'T' && text[8] != 't') return std::nullopt;
    if (text.size() != 15 && !s.utc) return std::nullopt;
    s.time = parse_time(text.substr(9, 6));
    return s.time ? std::optional{s} : std::nullopt;
}

std::optional<seconds> parse_duration(std::string_view text)
{
    constexpr std::int64_t longest = 10LL * 366 * 86'400;
    if (text.starts_with('+')) text.remove_prefix(1);
    if (text.size() < 3 || (text[0] != 'P' && text[0] != 'p')) return std::nullopt;
    std::int64_t total = 0;
    bool in_time = false;
    for (std::size_t at = 1; at < text.size();)
    {
        if (lower(text[at]) == 't' && !in_time)
        {
            in_time = true;
            ++at;
            continue;
        }
        std::int64_t n = 0;
        const auto [end, bad] = std::from_chars(text.data() + at, text.data() + text.size(), n);
        const auto unit = static_cast<std::size_t>(end - text.data());
        if (bad != std::errc{} || n < 0 || n > longest || unit == text.size()) return std::nullopt;
        switch (lower(text[unit]))
        {
            case 'w': n *= in_time ? -1 : 7 * 86'400; break;
            case 'd': n *= in_time ? -1 : 86'400; break;
            case 'h': n *= in_time ? 3'600 : -1; break;
            case 'm': n *= in_time ? 60 : -1; break;
            case 's': n *= in_time ? 1 : -1; break;
            default: return std::nullopt;
        }
        total += n;
        if (n < 0 || total > longest) return std::nullopt;
        at = unit + 1;
    }
    return seconds{total};
}

}  // namespace roost::feeds
