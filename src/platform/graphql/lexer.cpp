#include "platform/graphql/lexer.hpp"

#include <array>
#include <format>
#include <limits>
#include <optional>

namespace roost::graphql {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr auto name_characters = [] {
    std::array<bool, 256> table{};
    for (int c = 0; c < 128; ++c)
        table[static_cast<std::size_t>(c)] = is_name_start(static_cast<char>(c)) || is_digit(static_cast<char>(c));
    return table;
}();

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

int hex_value(char c)
{
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_utf8(char*& out, std::uint32_t c)
{
    const auto put = [&](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
    if (c < 0x80) return put(c);
    if (c < 0x800)
        put(0xC0 | c >> 6);
    else
    {
        if (c < 0x10000)
            put(0xE0 | c >> 12);
        else
        {
            put(0xF0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3F));
        }
        put(0x80 | (c >> 6 & 0x3F));
    }
    put(0x80 | (c & 0x3F));
}

/// Four hexadecimal digits.
std::optional<std::uint32_t> four_digits(std::string_view text)
{
    if (text.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(0, 4))
    {
        const int digit = hex_value(c);
        if (digit < 0) return std::nullopt;
        value = value << 4 | static_cast<std::uint32_t>(digit);
    }
    return value;
}

bool is_leading_surrogate(std::uint32_t c) { return c >= 0xD800 && c <= 0xDBFF; }
bool is_trailing_surrogate(std::uint32_t c) { return c >= 0xDC00 && c <= 0xDFFF; }
bool is_scalar_value(std::uint32_t c) { return c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF); }

std::size_t indent_of(std::string_view line)
{
    std::size_t at = 0;
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
    return at;
}

/// f(its number from 0, the line without its end).
void for_each_line(std::string_view text, auto&& f)
{
    for (std::size_t number = 0, start = 0;; ++number)
    {
        auto stop = start;
        while (stop < text.size() && text[stop] != '\n' && text[stop] != '\r') ++stop;
        f(number, text.substr(start, stop - start));
        if (stop == text.size()) return;
        start = stop + (text.substr(stop).starts_with("\r\n") ? 2 : 1);
    }
}

}  // namespace

std::string_view name_of(token_kind kind)
{
    static constexpr std::array<std::string_view, 20> names{
        "<EOF>", "!", "$", "&", "(", ")",    "...", ":",     "=",      "@",
        "[",     "]", "{", "|", "}", "Name", "Int", "Float", "String", "BlockString"};
    return names[static_cast<std::size_t>(kind)];
}

token lexer::fail(std::uint32_t at, std::string message)
{
    error_ = std::move(message);
    error_at_ = at;
    at_ = static_cast<std::uint32_t>(text_.size());
    return {.kind = token_kind::end, .at = at, .end = at};
}

/// A character as messages show it.
std::string lexer::shown(std::uint32_t at) const
{
    if (at >= text_.size()) return "<EOF>";
    const auto c = static_cast<unsigned char>(text_[at]);
    if (c == '"') return "'\"'";
    if (c >= 0x20 && c < 0x7F) return std::format("\"{}\"", static_cast<char>(c));
    std::uint32_t point = c;
    if (c >= 0xC0)
    {
        const int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        point = c & (0x3FU >> more);
        for (int i = 1; i <= more && at + static_cast<unsigned>(i) < text_.size(); ++i)
            point = point << 6 | (static_cast<unsigned char>(text_[at + static_cast<unsigned>(i)]) & 0x3FU);
    }
    return std::format("U+{:04X}", point);
}

void lexer::skip_ignored()
{
    while (at_ < text_.size())
    {
        switch (text_[at_])
        {
            case ' ':
            case '\t':
            case '\n':
            case '\r':
            case ',': ++at_; continue;
            case '#': {
                const auto line_end = text_.find_first_of("\n\r", at_);
                at_ = static_cast<std::uint32_t>(std::min(line_end, text_.size()));
                continue;
            }
            case byte_order_mark[0]:
                if (!text_.substr(at_).starts_with(byte_order_mark)) return;
                at_ += static_cast<std::uint32_t>(byte_order_mark.size());
                continue;
            default: return;
        }
    }
}

token lexer::punctuator(token_kind kind, std::uint32_t length)
{
    const auto at = at_;
    at_ += length;
    return {.kind = kind, .at = at, .end = at_};
}

token lexer::next()
{
    skip_ignored();
    if (at_ >= text_.size()) return {.kind = token_kind::end, .at = at_, .end = at_};
    const char c = text_[at_];
    if (is_name_start(c)) return name();
    switch (c)
    {
        case '!': return punctuator(token_kind::bang, 1);
        case '$': return punctuator(token_kind::dollar, 1);
        case '&': return punctuator(token_kind::ampersand, 1);
        case '(': return punctuator(token_kind::paren_open, 1);
        case ')': return punctuator(token_kind::paren_close, 1);
        case ':': return punctuator(token_kind::colon, 1);
        case '=': return punctuator(token_kind::equals, 1);
        case '@': return punctuator(token_kind::at, 1);
        case '[': return punctuator(token_kind::bracket_open, 1);
        case ']': return punctuator(token_kind::bracket_close, 1);
        case '{': return punctuator(token_kind::brace_open, 1);
        case '|': return punctuator(token_kind::pipe, 1);
        case '}': return punctuator(token_kind::brace_close, 1);
        case '.': return dots();
        case '"': return text_.substr(at_).starts_with("\"\"\"") ? block_string() : string();
        default: break;
    }
    if (is_digit(c) || c == '-') return number();
    if (c == '\'') return fail(at_, "unexpected ', strings are written in double quotes");
    return fail(at_, std::format("unexpected character {}", shown(at_)));
}

token lexer::dots()
{
    if (peek(1) == '.' && peek(2) == '.') return punctuator(token_kind::spread, 3);
    if (peek(1) == '.') return fail(at_, "unexpected \"..\", did you mean \"...\"?");
    if (is_digit(peek(1))) return fail(at_, "a number needs a digit before its \".\"");
    return fail(at_, "unexpected character \".\"");
}

token lexer::name()
{
    const auto start = at_;
    do ++at_;
    while (at_ < text_.size() && name_characters[static_cast<unsigned char>(text_[at_])]);
    return {.kind = token_kind::name, .at = start, .end = at_, .text = text_.substr(start, at_ - start)};
}

/// One digit or more.
bool lexer::digits()
{
    if (!is_digit(peek()))
    {
        fail(at_, std::format("a number needs a digit here, not {}", shown(at_)));
        return false;
    }
    while (is_digit(peek())) ++at_;
    return true;
}

token lexer::number()
{
    const auto start = at_;
    auto kind = token_kind::integer;
    if (peek() == '-') ++at_;
    if (peek() == '0')
    {
        ++at_;
        if (is_digit(peek())) return fail(at_, std::format("a number has no digit after a leading 0: {}", shown(at_)));
    }
    else if (!digits())
        return {.at = error_at_, .end = error_at_};
    if (peek() == '.')
    {
        kind = token_kind::floating;
        ++at_;
        if (!digits()) return {.at = error_at_, .end = error_at_};
    }
    if (peek() == 'e' || peek() == 'E')
    {
        kind = token_kind::floating;
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (!digits()) return {.at = error_at_, .end = error_at_};
    }
    if (peek() == '.' || is_name_start(peek()))
        return fail(at_, std::format("a number needs a digit here, not {}", shown(at_)));
    return {.kind = kind, .at = start, .end = at_, .text = text_.substr(start, at_ - start)};
}

token lexer::string()
{
    const auto start = at_++;
    const auto stop = text_.find_first_of("\"\\\n\r", at_);
    if (stop == text_.npos || text_[stop] == '\n' || text_[stop] == '\r')
        return fail(static_cast<std::uint32_t>(std::min(stop, text_.size())), "unterminated string");
    if (text_[stop] == '\\') return escaped_string(start);
    const auto value = text_.substr(at_, stop - at_);
    at_ = static_cast<std::uint32_t>(stop) + 1;
    return {.kind = token_kind::string, .at = start, .end = at_, .text = value};
}

/// A string with escapes: its value is no longer than it is written.
token lexer::escaped_string(std::uint32_t start)
{
    auto close = at_;
    while (close < text_.size() && text_[close] != '"' && text_[close] != '\n' && text_[close] != '\r')
        close += text_[close] == '\\' ? 2 : 1;
    const auto room = strings_.array<char>(std::min<std::size_t>(close, text_.size()) - at_);
    char* out = room.data();
    while (at_ < text_.size())
    {
        const char c = text_[at_];
        if (c == '\n' || c == '\r') break;
        if (c == '"')
        {
            ++at_;
            return {.kind = token_kind::string,
                    .at = start,
                    .end = at_,
                    .text = {room.data(), static_cast<std::size_t>(out - room.data())}};
        }
        if (c != '\\')
        {
            *out++ = c;
            ++at_;
        }
        else if (!escape(out))
            return {.at = error_at_, .end = error_at_};
    }
    return fail(at_, "unterminated string");
}

bool lexer::escape(char*& out)
{
    const auto put = [&](char c) {
        *out++ = c;
        at_ += 2;
        return true;
    };
    switch (peek(1))
    {
        case '"': return put('"');
        case '\\': return put('\\');
        case '/': return put('/');
        case 'b': return put('\b');
        case 'f': return put('\f');
        case 'n': return put('\n');
        case 'r': return put('\r');
        case 't': return put('\t');
        case 'u': return unicode_escape(out);
        default: fail(at_, std::format("there is no escape of {}", shown(at_ + 1))); return false;
    }
}

/// \u00e9, a pair of surrogates, or \u{1F600}.
bool lexer::unicode_escape(char*& out)
{
    const auto bad = [&] {
        fail(at_, "a \\u stands before four hexadecimal digits, or some in braces, of a Unicode character");
        return false;
    };
    const auto rest = text_.substr(at_ + 2);
    if (rest.starts_with('{'))
    {
        std::uint32_t value = 0;
        std::uint32_t length = 1;
        for (; length < rest.size() && rest[length] != '}'; ++length)
        {
            const int digit = hex_value(rest[length]);
            if (digit < 0 || length > 8) return bad();
            value = value << 4 | static_cast<std::uint32_t>(digit);
        }
        if (length == 1 || length == rest.size() || !is_scalar_value(value)) return bad();
        append_utf8(out, value);
        at_ += length + 3;
        return true;
    }
    const auto first = four_digits(rest);
    if (!first || is_trailing_surrogate(*first)) return bad();
    if (!is_leading_surrogate(*first))
    {
        append_utf8(out, *first);
        at_ += 6;
        return true;
    }
    if (!rest.substr(4).starts_with("\\u")) return bad();
    const auto second = four_digits(rest.substr(6));
    if (!second || !is_trailing_surrogate(*second)) return bad();
    append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
    at_ += 12;
    return true;
}

token lexer::block_string()
{
    const auto start = at_;
    for (at_ += 3;;)
    {
        const auto quote = text_.find("\"\"\"", at_);
        if (quote == text_.npos) return fail(static_cast<std::uint32_t>(text_.size()), "unterminated string");
        at_ = static_cast<std::uint32_t>(quote) + 3;
        if (text_[quote - 1] != '\\') break;
    }
    return {.kind = token_kind::block_string,
            .at = start,
            .end = at_,
            .text = dedent(text_.substr(start + 3, at_ - start - 6))};
}

/// BlockStringValue() of the specification: without the common indent and the blank lines around.
std::string_view lexer::dedent(std::string_view raw)
{
    if (raw.find_first_of("\n\r\\") == raw.npos) return indent_of(raw) == raw.size() ? std::string_view{} : raw;
    auto common = std::numeric_limits<std::size_t>::max();
    std::size_t first = raw.size(), last = 0;
    for_each_line(raw, [&](std::size_t i, std::string_view line) {
        const auto indent = indent_of(line);
        if (indent == line.size()) return;
        first = std::min(first, i);
        last = i + 1;
        if (i > 0) common = std::min(common, indent);
    });
    const bool escapes = raw.contains("\\\"\"\"");
    const auto room = strings_.array<char>(raw.size());
    char* out = room.data();
    for_each_line(raw, [&](std::size_t i, std::string_view line) {
        if (i < first || i >= last) return;
        if (i > 0) line.remove_prefix(std::min(common, line.size()));
        if (i != first) *out++ = '\n';
        for (std::size_t escaped = 0; escapes && (escaped = line.find("\\\"\"\"")) != line.npos;)
        {
            out = std::copy_n(line.data(), escaped, out);
            out = std::copy_n(line.data() + escaped + 1, 3, out);
            line.remove_prefix(escaped + 4);
        }
        out = std::copy_n(line.data(), line.size(), out);
    });
    return {room.data(), static_cast<std::size_t>(out - room.data())};
}

}  // namespace roost::graphql
