#include "importing/texts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>

#include "platform/schema/json.hpp"

namespace roost::importing {
namespace {

using namespace std::literals;

std::string_view trim(std::string_view text)
{
    constexpr auto blanks = " \t\r\n"sv;
    const auto from = text.find_first_not_of(blanks);
    return from == text.npos ? ""sv : text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

template <class T>
std::optional<T> parse(std::string_view text)
{
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// The JSON reader reads objects, so a list is given to it as the only member of one.
struct json_list
{
    std::vector<std::string> items;

    static constexpr auto fields = schema::fields(schema::field<&json_list::items>("items", ""));
};

/// {a,"b c","say \"hi\""}
std::optional<std::vector<std::string>> read_braces(std::string_view text)
{
    std::vector<std::string> items;
    text = text.substr(1, text.size() - 2);
    while (!text.empty())
    {
        auto& item = items.emplace_back();
        if (text.starts_with('"'))
        {
            std::size_t at = 1;
            for (; at < text.size() && text[at] != '"'; ++at)
            {
                if (text[at] == '\\') ++at;
                if (at < text.size()) item += text[at];
            }
            if (at >= text.size()) return std::nullopt;
            text.remove_prefix(at + 1);
        }
        else
        {
            item = text.substr(0, text.find(','));
            text.remove_prefix(item.size());
        }
        if (text.empty()) break;
        if (text.front() != ',') return std::nullopt;
        text.remove_prefix(1);
    }
    return items;
}

}  // namespace

std::string plain_words(std::string_view raw)
{
    constexpr auto apostrophe = "\u2019"sv;
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i)
    {
        if (raw.substr(i).starts_with(apostrophe))
        {
            out += '\'';
            i += apostrophe.size() - 1;
        }
        else if (raw[i] >= 'A' && raw[i] <= 'Z')
        {
            out += static_cast<char>(raw[i] - 'A' + 'a');
        }
        else if (static_cast<unsigned char>(raw[i]) > ' ')
        {
            out += raw[i];
        }
        else if (!out.empty() && out.back() != ' ')
        {
            out += ' ';
        }
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

std::optional<std::int64_t> read_price(std::string_view text, int exponent)
{
    const auto start = text.find_first_of("0123456789");
    if (start == text.npos || text.substr(0, start).contains('-')) return std::nullopt;
    text = trim(text.substr(start));

    constexpr std::int64_t too_much = 1'000'000'000'000'000;
    std::int64_t amount = 0;
    int decimals = -1;  // read so far; -1 before the point
    for (const char c : text)
    {
        if (c == ',' && decimals < 0) continue;
        if (c == '.' && decimals < 0)
        {
            decimals = 0;
            continue;
        }
        if (c < '0' || c > '9' || amount > too_much) return std::nullopt;
        if (decimals == exponent && c >= '5') ++amount;
        if (decimals < exponent) amount = amount * 10 + (c - '0');
        if (decimals >= 0) ++decimals;
    }
    for (decimals = std::max(decimals, 0); decimals < exponent; ++decimals) amount *= 10;
    return amount;
}

std::optional<std::vector<std::string>> read_list(std::string_view text)
{
    text = trim(text);
    if (text.size() >= 2 && text.front() == '{' && text.back() == '}') return read_braces(text);
    auto parsed = schema::from_json<json_list>(std::format(R"({{"items":{}}})", text));
    if (!parsed) return std::nullopt;
    return std::move(parsed->items);
}

std::optional<double> read_number(std::string_view text)
{
    const auto value = parse<double>(trim(text));
    return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<int> read_count(std::string_view text)
{
    const auto value = read_number(text);
    if (!value || *value < 0 || *value > 2e9 || *value != std::floor(*value)) return std::nullopt;
    return static_cast<int>(*value);
}

std::optional<double> read_bathrooms(std::string_view text)
{
    const auto words = plain_words(text);
    if (!words.contains("bath")) return std::nullopt;
    if (words.contains("half-bath")) return 0.5;
    return read_number(std::string_view{words}.substr(0, words.find(' ')));
}

described_title read_title(std::string_view text)
{
    constexpr auto dot = " · "sv;
    described_title out;
    while (!text.empty())
    {
        const auto part = text.substr(0, text.find(dot));
        text.remove_prefix(std::min(text.size(), part.size() + dot.size()));
        const auto count = read_count(part.substr(0, part.find(' ')));
        const auto words = plain_words(part);
        if (count && (words.ends_with(" bedroom") || words.ends_with(" bedrooms")))
            out.bedrooms = count;
        else if (words == "studio" && !out.title.empty())
            out.bedrooms = 0;
        else if (count && (words.ends_with(" bed") || words.ends_with(" beds")))
            out.beds = count;
        else if (words.ends_with("bath") || words.ends_with("baths"))
            out.bathrooms = read_bathrooms(part);
        else if (!part.starts_with("★"))
        {
            out.title.append(out.title.empty() ? ""sv : dot).append(part);
            continue;
        }
        out.generated = true;
    }
    out.title = trim(out.title);
    return out;
}

}  // namespace roost::importing
