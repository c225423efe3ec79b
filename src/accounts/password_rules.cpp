#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>

#include "accounts/user.hpp"

namespace roost {
namespace {

constexpr std::string_view list =
#include "accounts/common_passwords.inc"
    ;

/// Solar Designer's list of the most common passwords (public domain; Debian package john-data).
const std::unordered_set<std::string_view>& common_passwords()
{
    static const auto words = [] {
        std::unordered_set<std::string_view> set;
        for (std::string_view rest = list; !rest.empty();)
        {
            const auto line = rest.substr(0, rest.find('\n'));
            rest.remove_prefix(std::min(rest.size(), line.size() + 1));
            if (!line.empty() && !line.starts_with("#!")) set.insert(line);
        }
        return set;
    }();
    return words;
}

bool is_common(std::string_view word) { return common_passwords().contains(word); }

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

std::string folded(std::string_view text)
{
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// "p4$$w0rd" → "password"
std::string plain_letters(std::string text)
{
    constexpr std::string_view from = "4@301!$57", to = "aaeoiisst";
    for (char& c : text)
        if (const auto at = from.find(c); at != from.npos) c = to[at];
    return text;
}

/// Without the digits and signs people put around a word: "1password!2024" → "password".
std::string_view core(std::string_view text)
{
    const auto first = std::ranges::find_if(text, is_lower);
    const auto last = std::find_if(text.rbegin(), text.rend(), is_lower).base();
    return first < last ? std::string_view{first, last} : std::string_view{};
}

/// "abcabcabcabc" → "abc"
std::string_view repeated_unit(std::string_view text)
{
    for (std::size_t n = 1; n <= text.size() / 2; ++n)
        if (text.size() % n == 0 && text.substr(n) == text.substr(0, text.size() - n)) return text.substr(0, n);
    return text;
}

/// "abcdefghij", "9876543210"
bool is_sequence(std::string_view text)
{
    for (const int step : {1, -1})
        if (std::ranges::adjacent_find(text, [step](char a, char b) { return b - a != step; }) == text.end())
            return true;
    return false;
}

}  // namespace

std::optional<std::string_view> weakness(std::string_view password, std::string_view username, std::string_view email)
{
    constexpr std::string_view too_common = "is one of the passwords everybody tries";
    const auto text = folded(password);
    const auto word = core(text);
    constexpr std::size_t decoration = 8;  // more around a word than this is no decoration any more
    const bool decorated = text.size() - word.size() <= decoration;
    if (is_common(text) || is_common(plain_letters(text)) || is_common(repeated_unit(text)) || is_sequence(text))
        return too_common;
    if (decorated && (is_common(word) || is_common(repeated_unit(word)))) return too_common;
    if (decorated && is_common(plain_letters(std::string{word}))) return too_common;
    if (std::set<char>(text.begin(), text.end()).size() < 5) return "has too few different characters";
    const auto name = folded(username), address = folded(email);
    if (text.contains(name) && text.size() - name.size() <= decoration) return "is made of the username";
    if (!address.empty() && (text == address || text == address.substr(0, address.find('@'))))
        return "is the e-mail address";
    return std::nullopt;
}

}  // namespace roost
