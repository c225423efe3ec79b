#include "platform/schema/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>
#include <ranges>

namespace roost::schema {
namespace {

field_error wrong_type(std::string pointer, std::string_view expected)
{
    return {std::move(pointer), "type", std::format("must be {}", expected)};
}

template <class Number>
std::optional<Number> parse_number(std::string_view text)
{
    Number n{};
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

template <class T, class Parsed>
std::optional<field_error> store(std::optional<Parsed> parsed, void* into, std::string pointer, std::string_view what)
{
    if (!parsed) return wrong_type(std::move(pointer), what);
    *static_cast<T*>(into) = static_cast<T>(*parsed);
    return std::nullopt;
}

std::string one_of(std::span<const std::string_view> names)
{
    std::string out = "one of";
    for (const auto n : names) out.append(out.size() == 6 ? " " : ", ").append(n);
    return out;
}

std::optional<field_error> read_list(std::string_view text, const type& t, void* into, const std::string& pointer)
{
    if (text.empty()) return std::nullopt;
    for (const auto part : text | std::views::split(','))
        if (auto bad = read_text(std::string_view{part}, *t.element, {}, t.emplace(into), pointer)) return bad;
    return std::nullopt;
}

std::optional<field_error> read_value(std::string_view text, const type& t, void* into, const std::string& pointer)
{
    switch (t.k)
    {
        case kind::boolean:
            if (text != "true" && text != "false") return wrong_type(pointer, "true or false");
            *static_cast<bool*>(into) = text == "true";
            return std::nullopt;
        case kind::int32: return store<std::int32_t>(parse_number<std::int32_t>(text), into, pointer, "a whole number");
        case kind::int64: return store<std::int64_t>(parse_number<std::int64_t>(text), into, pointer, "a whole number");
        case kind::number:
            if (auto n = parse_number<double>(text); n && std::isfinite(*n)) return store<double>(n, into, pointer, "");
            return wrong_type(pointer, "a number");
        case kind::text: static_cast<std::string*>(into)->assign(text); return std::nullopt;
        case kind::enumeration:
            if (const auto it = std::ranges::find(t.names, text); it != t.names.end())
                return t.set(into, static_cast<int>(it - t.names.begin())), std::nullopt;
            return field_error{pointer, "type", "must be " + one_of(t.names)};
        case kind::id: return store<uuid>(uuid::parse(text), into, pointer, "an id (UUID)");
        case kind::currency: return store<currency>(currency::parse(text), into, pointer, "an ISO 4217 currency code");
        case kind::date: return store<date>(parse_date(text), into, pointer, "a date like 2026-12-24");
        case kind::instant:
            return store<instant>(parse_instant(text), into, pointer, "a time like 2026-12-24T15:00:00Z");
        case kind::time_zone: return store<time_zone>(time_zone::parse(text), into, pointer, "an IANA time zone name");
        case kind::optional:
        case kind::patch: return read_text(text, *t.element, {}, t.emplace(into), pointer);
        case kind::list: return read_list(text, t, into, pointer);
        case kind::money:
        case kind::object: break;
    }
    throw std::logic_error("a parameter cannot be an object: " + pointer);
}

std::optional<field_error> check_length(std::size_t n, const limits& b, std::string_view unit, std::string& pointer)
{
    const auto low = b.min_length.value_or(0);
    const auto high = b.max_length.value_or(static_cast<std::size_t>(-1));
    if (low <= n && n <= high) return std::nullopt;
    auto detail = !b.max_length ? std::format("must have at least {} {}", low, unit)
                  : low == 0    ? std::format("must have at most {} {}", high, unit)
                                : std::format("must have {} to {} {}", low, high, unit);
    return field_error{std::move(pointer), "bounds", std::move(detail)};
}

template <class Number>
std::optional<field_error> check_range(Number n, const limits& b, std::string& pointer)
{
    const bool low = b.min && n < static_cast<Number>(*b.min);
    const bool high = b.max && n > static_cast<Number>(*b.max);
    if (!low && !high) return std::nullopt;
    auto detail = b.min && b.max ? std::format("must be between {} and {}", *b.min, *b.max)
                  : b.min        ? std::format("must be at least {}", *b.min)
                                 : std::format("must be at most {}", *b.max);
    return field_error{std::move(pointer), "bounds", std::move(detail)};
}

std::optional<field_error> check_text(std::string_view text, const limits& b, std::string& pointer)
{
    const auto n = count_code_points(text);
    if (!n) return field_error{std::move(pointer), "format", "must be valid UTF-8 without NUL"};
    if (auto bad = check_length(*n, b, "characters", pointer)) return bad;
    if (b.format && !b.format->check(text))
        return field_error{std::move(pointer), "format", std::string{b.format->detail}};
    return std::nullopt;
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] == '+')
            out.push_back(' ');
        else if (text[i] != '%')
            out.push_back(text[i]);
        else
        {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out.push_back(static_cast<char>(high << 4 | low));
            i += 2;
        }
    }
    if (!count_code_points(out)) return std::nullopt;
    return out;
}

}  // namespace

std::optional<std::size_t> count_code_points(std::string_view s)
{
    std::size_t n = 0;
    for (std::size_t i = 0; i < s.size(); ++n)
    {
        const auto c = static_cast<unsigned char>(s[i]);
        if (c == 0) return std::nullopt;
        const std::size_t length = c < 0x80                ? 1
                                   : c >= 0xc2 && c < 0xe0 ? 2
                                   : c >= 0xe0 && c < 0xf0 ? 3
                                   : c >= 0xf0 && c < 0xf5 ? 4
                                                           : 0;
        if (length == 0 || i + length > s.size()) return std::nullopt;
        for (std::size_t k = 1; k < length; ++k)
            if ((static_cast<unsigned char>(s[i + k]) & 0xc0) != 0x80) return std::nullopt;
        const auto second = length > 1 ? static_cast<unsigned char>(s[i + 1]) : 0;
        const bool overlong = (c == 0xe0 && second < 0xa0) || (c == 0xf0 && second < 0x90);
        const bool surrogate = c == 0xed && second >= 0xa0;
        if (overlong || surrogate || (c == 0xf4 && second >= 0x90)) return std::nullopt;
        i += length;
    }
    return n;
}

std::optional<field_error> check(const type& t, const limits& b, const void* value, std::string pointer)
{
    switch (t.k)
    {
        case kind::int32: return check_range(std::int64_t{*static_cast<const std::int32_t*>(value)}, b, pointer);
        case kind::int64: return check_range(*static_cast<const std::int64_t*>(value), b, pointer);
        case kind::number: return check_range(*static_cast<const double*>(value), b, pointer);
        case kind::money:
            pointer += "/amount";
            return check_range(static_cast<const money*>(value)->minor(), b, pointer);
        case kind::text: return check_text(*static_cast<const std::string*>(value), b, pointer);
        case kind::list: {
            const auto n = t.size(value);
            if (auto bad = check_length(n, b, "items", pointer)) return bad;
            limits of_items;
            of_items.format = b.format;
            for (std::size_t i = 0; i < n; ++i)
                if (auto bad = check(*t.element, of_items, t.item(value, i), std::format("{}/{}", pointer, i)))
                    return bad;
            return std::nullopt;
        }
        case kind::optional:
        case kind::patch:
            if (const void* inner = t.peek(value)) return check(*t.element, b, inner, std::move(pointer));
            return std::nullopt;
        case kind::boolean:
        case kind::enumeration:
        case kind::id:
        case kind::currency:
        case kind::date:
        case kind::instant:
        case kind::time_zone:
        case kind::object: return std::nullopt;
    }
    std::unreachable();
}

std::optional<field_error> read_text(std::string_view text, const type& t, const limits& bounds, void* into,
                                     std::string pointer)
{
    if (auto bad = read_value(text, t, into, pointer)) return bad;
    return check(t, bounds, into, std::move(pointer));
}

result<std::vector<std::pair<std::string, std::string>>> split_query(std::string_view query)
{
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto part : query | std::views::split('&'))
    {
        const std::string_view pair{part};
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals));
        auto value = percent_decode(equals == pair.npos ? "" : pair.substr(equals + 1));
        if (!name || !value) return fail(errc::malformed, "the query string is not percent-encoded UTF-8");
        out.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

result<void> read_query(std::span<const std::pair<std::string, std::string>> parameters, const type& t, void* into)
{
    error bad{errc::invalid_input, "some parameters are not acceptable"};
    std::vector<bool> seen(t.fields.size());
    for (const auto& [name, value] : parameters)
    {
        const auto it = std::ranges::find(t.fields, name, &field_info::name);
        if (it == t.fields.end())
        {
            bad.fields.push_back({name, "unknown", "there is no such parameter"});
            continue;
        }
        const auto at = static_cast<std::size_t>(it - t.fields.begin());
        if (seen[at])
            bad.fields.push_back({name, "repeated", "must be given once"});
        else if (auto e = read_text(value, *it->of, it->bounds, it->at(into), name))
            bad.fields.push_back(std::move(*e));
        seen[at] = true;
    }
    for (std::size_t i = 0; i < t.fields.size(); ++i)
        if (!seen[i] && t.fields[i].required)
            bad.fields.push_back({std::string{t.fields[i].name}, "required", "is required"});
    if (!bad.fields.empty()) return std::unexpected{std::move(bad)};
    return {};
}

std::string to_text(const type& t, const void* value)
{
    switch (t.k)
    {
        case kind::boolean: return *static_cast<const bool*>(value) ? "true" : "false";
        case kind::int32: return std::to_string(*static_cast<const std::int32_t*>(value));
        case kind::int64: return std::to_string(*static_cast<const std::int64_t*>(value));
        case kind::number: return std::format("{}", *static_cast<const double*>(value));
        case kind::text: return *static_cast<const std::string*>(value);
        case kind::enumeration: return std::string{t.names[static_cast<std::size_t>(t.get(value))]};
        case kind::id: return static_cast<const uuid*>(value)->text();
        case kind::currency: return std::string{static_cast<const currency*>(value)->code()};
        case kind::date: return format(*static_cast<const date*>(value));
        case kind::instant: return format(*static_cast<const instant*>(value));
        case kind::time_zone: return std::string{static_cast<const time_zone*>(value)->name()};
        case kind::optional:
        case kind::patch: return t.peek(value) ? to_text(*t.element, t.peek(value)) : "";
        case kind::list: {
            std::string out;
            for (std::size_t i = 0; i < t.size(value); ++i)
                out.append(i ? "," : "").append(to_text(*t.element, t.item(value, i)));
            return out;
        }
        case kind::money:
        case kind::object: break;
    }
    throw std::logic_error("a parameter cannot be an object");
}

}  // namespace roost::schema
