#include "platform/text/language.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <ranges>
#include <stdexcept>

namespace roost::text {
namespace {

constexpr std::string_view english =
#include "text/en.inc"
    ;
constexpr std::string_view french =
#include "text/fr.inc"
    ;

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(' ');
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// The halves around the first `sign`.
std::pair<std::string, std::string> halves(std::string_view line, char sign)
{
    const auto at = line.find(sign);
    if (at == line.npos) throw std::logic_error(std::format("no {} in: {}", sign, line));
    return {std::string{trimmed(line.substr(0, at))}, std::string{trimmed(line.substr(at + 1))}};
}

/// Takes "{?fact}" off the beginning.
std::string condition_of(std::string_view& line)
{
    if (!line.starts_with("{?")) return {};
    const auto end = line.find('}');
    auto name = std::string{line.substr(2, end - 2)};
    line = trimmed(line.substr(end + 1));
    return name;
}

block read_block(std::string_view line)
{
    block b{.is = block::shape::paragraph, .condition = condition_of(line), .text = {}, .target = {}};
    if (line.starts_with('|') || line.starts_with('>'))
    {
        b.is = line.front() == '|' ? block::shape::row : block::shape::button;
        std::tie(b.text, b.target) = halves(line.substr(1), '|');
    }
    else
        b.text = line;
    return b;
}

std::string nth_word(std::string_view words, unsigned n)
{
    for (const auto word : words | std::views::split(' '))
        if (n-- == 0) return std::string{std::string_view{word}};
    throw std::logic_error("too few words");
}

std::string grouped(std::string_view digits, std::string_view separator)
{
    std::string out;
    for (std::size_t i = 0; i < digits.size(); ++i)
    {
        if (i > 0 && (digits.size() - i) % 3 == 0) out += separator;
        out += digits[i];
    }
    return out;
}

}  // namespace

language::language(std::string_view common, std::string_view own)
{
    read(common);
    read(own);
}

void language::read(std::string_view catalogue)
{
    message_template* now = nullptr;
    bool words = false;
    for (const auto part : catalogue | std::views::split('\n'))
    {
        const auto line = trimmed(std::string_view{part});
        if (line.empty() || line.starts_with("//")) continue;
        if (line.starts_with("# "))
        {
            words = line == "# words";
            now = words ? nullptr : &templates_[std::string{line.substr(2)}];
        }
        else if (words)
            words_.insert(halves(line, ':'));
        else if (!now)
            throw std::logic_error("a catalogue begins with a heading");
        else if (now->subject.empty())
            now->subject = line;
        else
            now->blocks.push_back(read_block(line));
    }
}

const std::string& language::word(std::string_view name) const
{
    const auto found = words_.find(name);
    if (found == words_.end()) throw std::out_of_range(std::string{name});
    return found->second;
}

std::string language::day(date d) const
{
    const std::chrono::year_month_day ymd{d};
    const auto weekday = std::chrono::weekday{d}.iso_encoding() - 1;
    return fill(word("date"), {{"weekday", nth_word(word("weekdays"), weekday)},
                               {"day", std::format("{}", static_cast<unsigned>(ymd.day()))},
                               {"month", nth_word(word("months"), static_cast<unsigned>(ymd.month()) - 1)},
                               {"year", std::format("{}", static_cast<int>(ymd.year()))}});
}

std::string language::moment(instant t, const time_zone& zone) const
{
    const auto local = std::chrono::locate_zone(zone.name())->to_local(t);
    const auto time = std::chrono::floor<std::chrono::minutes>(local - std::chrono::floor<std::chrono::days>(local));
    return std::format("{}, {:%H:%M} ({})", day(zone.day_of(t)), time, zone.name());
}

std::string language::amount(money m) const
{
    const auto decimals = static_cast<std::size_t>(m.unit().exponent());
    const bool negative = m.minor() < 0;
    auto digits = std::format("{:0>{}}", std::format("{}", m.minor()).substr(negative ? 1 : 0), decimals + 1);
    const auto fraction = digits.substr(digits.size() - decimals);
    digits.resize(digits.size() - decimals);
    auto number = grouped(digits, word("thousands") == "space" ? "\u202f" : word("thousands"));
    if (decimals > 0) number += word("decimal") + fraction;
    return fill(word("money"), {{"amount", (negative ? "-" : "") + number}, {"code", std::string{m.unit().code()}}});
}

std::string language::percent(int basis_points) const
{
    auto fraction = std::format("{:02}", basis_points % 100);
    while (fraction.ends_with('0')) fraction.pop_back();
    return std::format("{}{}{}\u00a0%", basis_points / 100, fraction.empty() ? "" : word("decimal"), fraction);
}

languages::languages(std::string_view own_english, std::string_view own_french)
    : english_{english, own_english}, french_{french, own_french}
{}

const language& languages::of(std::string_view locale) const
{
    const auto tag = locale.substr(0, locale.find('-'));
    const bool is_french = tag.size() == 2 && (tag[0] | 0x20) == 'f' && (tag[1] | 0x20) == 'r';
    return is_french ? french_ : english_;
}

std::string_view value_of(const facts& f, std::string_view name)
{
    const auto found = std::ranges::find(f, name, &fact::name);
    return found == f.end() ? std::string_view{} : std::string_view{found->value};
}

std::string fill(std::string_view text, const facts& f)
{
    std::string out;
    while (true)
    {
        const auto open = text.find('{');
        out += text.substr(0, open);
        if (open == text.npos) return out;
        const auto close = text.find('}', open);
        out += value_of(f, text.substr(open + 1, close - open - 1));
        text.remove_prefix(close + 1);
    }
}

}  // namespace roost::text
