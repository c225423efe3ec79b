#include "accounts/user.hpp"

#include <algorithm>

namespace roost {
namespace {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_plain(char c) { return is_letter(c) || is_digit(c); }

bool only(std::string_view text, std::string_view also)
{
    return std::ranges::all_of(text, [also](char c) { return is_plain(c) || also.contains(c); });
}

bool is_username(std::string_view text)
{
    return text.size() >= 3 && text.size() <= 40 && is_plain(text.front()) && only(text, "_.-");
}

bool is_domain(std::string_view text)
{
    bool dotted = false;
    while (true)
    {
        const auto dot = text.find('.');
        const auto label = text.substr(0, dot);
        if (label.empty() || label.size() > 63 || label.starts_with('-') || label.ends_with('-') || !only(label, "-"))
            return false;
        if (dot == text.npos) return dotted && !std::ranges::all_of(label, is_digit);
        dotted = true;
        text.remove_prefix(dot + 1);
    }
}

bool is_email(std::string_view text)
{
    const auto at = text.rfind('@');
    if (at == text.npos || at == 0 || at > 64 || text.size() > 254) return false;
    const auto local = text.substr(0, at);
    return local.front() != '.' && local.back() != '.' && !local.contains("..") && only(local, ".!#$%&'*+/=?^_`{|}~-")
           && is_domain(text.substr(at + 1));
}

bool is_phone(std::string_view text)
{
    return text.size() >= 8 && text.size() <= 16 && text[0] == '+' && text[1] != '0'
           && std::ranges::all_of(text.substr(1), is_digit);
}

bool is_web_address(std::string_view text)
{
    if (!text.starts_with("https://")) return false;
    const auto rest = text.substr(8);
    const auto host = rest.substr(0, rest.find_first_of("/?#:"));
    return is_domain(host)
           && std::ranges::none_of(text, [](char c) { return c <= ' ' || c == '"' || c == '<' || c == 127; });
}

bool is_locale(std::string_view text)
{
    for (bool first = true;; first = false)
    {
        const auto dash = text.find('-');
        const auto part = text.substr(0, dash);
        if (part.size() > 8 || part.empty() || !only(part, "")) return false;
        if (first && (part.size() < 2 || part.size() > 3 || !std::ranges::all_of(part, is_letter))) return false;
        if (dash == text.npos) return true;
        text.remove_prefix(dash + 1);
    }
}

template <class T>
void assign(T& to, const schema::patch<T>& from)
{
    if (from) to = *from;
}

}  // namespace

const schema::text_format username_format{
    "username", "^[A-Za-z0-9][A-Za-z0-9_.-]{2,39}$", is_username,
    "must be 3 to 40 letters, digits, '_', '.' or '-', beginning with a letter or digit"};
const schema::text_format email_format{"email", "", is_email, "must be an e-mail address"};
const schema::text_format phone_format{"phone", "^\\+[1-9][0-9]{6,14}$", is_phone,
                                       "must be an international number such as +33612345678"};
const schema::text_format web_address_format{"uri", "^https://", is_web_address, "must be an https address"};
const schema::text_format locale_format{"locale", "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", is_locale,
                                        "must be a language tag such as en or pt-BR"};

own_account own_view(user u)
{
    std::vector<role> roles{role::guest};
    if (u.is_host) roles.push_back(role::host);
    if (u.is_admin) roles.push_back(role::admin);
    return {u.id,
            std::move(u.username),
            std::move(u.email),
            std::move(u.display_name),
            std::move(u.phone),
            std::move(u.bio),
            std::move(u.avatar_url),
            std::move(u.locale),
            std::move(roles),
            u.is_host,
            u.email_verified,
            u.phone_verified,
            u.version,
            u.created_at,
            u.updated_at};
}

result<user> apply(user u, const account_changes& changes)
{
    if (changes.is_host && !*changes.is_host && u.is_host)
        return invalid("/is_host", "a host stays a host: properties and bookings may depend on it");
    assign(u.display_name, changes.display_name);
    assign(u.phone, changes.phone);
    assign(u.bio, changes.bio);
    assign(u.avatar_url, changes.avatar_url);
    assign(u.locale, changes.locale);
    assign(u.is_host, changes.is_host);
    return u;
}

}  // namespace roost
