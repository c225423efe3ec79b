#include "payments/mpesa/rules.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <format>

#include "platform/auth/crypto.hpp"

namespace roost::payments::mpesa {
namespace {

constexpr std::int64_t cents = 100, most = 250'000, least_sent = 10;
constexpr std::size_t longest_word = 100;

bool is_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

std::string code_of(std::string_view named, std::string_view secret)
{
    return auth::hex(auth::as_bytes(auth::hmac_sha256(secret, named)));
}

}  // namespace

bool is_shilling(currency c) { return c.code() == "KES"; }

std::optional<std::int64_t> shillings(money m)
{
    if (!is_shilling(m.unit()) || m.minor() % cents != 0) return std::nullopt;
    const auto whole = m.minor() / cents;
    if (whole < 1 || whole > most) return std::nullopt;
    return whole;
}

money most_of(money m)
{
    const auto whole = std::min(m.minor() / cents, most);
    return {is_shilling(m.unit()) && whole >= least_sent ? whole * cents : 0, m.unit()};
}

std::optional<money> amount_in(std::string_view text)
{
    const auto point = std::min(text.find('.'), text.size());
    const auto whole = text.substr(0, point);
    auto rest = std::string{text.substr(std::min(point + 1, text.size()))};
    if (!is_digits(whole) || whole.size() > 10 || rest.size() > 2 || (point != text.size() && !is_digits(rest)))
        return std::nullopt;
    rest.resize(2, '0');
    std::int64_t minor = 0;
    const auto all = std::string{whole} + rest;
    std::from_chars(all.data(), all.data() + all.size(), minor);
    return money{minor, *currency::parse("KES")};
}

std::optional<std::string> msisdn(std::string_view e164)
{
    const bool mobile = e164.starts_with("+2547") || e164.starts_with("+2541");
    if (!mobile || e164.size() != 13 || !is_digits(e164.substr(1))) return std::nullopt;
    return std::string{e164.substr(1)};
}

std::string timestamp(instant now)
{
    constexpr std::chrono::hours ahead{3};  // all year
    return std::format("{:%Y%m%d%H%M%S}", std::chrono::floor<std::chrono::seconds>(now + ahead));
}

bool is_word(std::string_view text)
{
    return !text.empty() && text.size() <= longest_word && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'
               || c == '.';
    });
}

std::string address::path(std::string_view secret) const
{
    const auto named = std::format("{}.{}.{}", name_of(about), name_of(message), id.text());
    return named + "." + code_of(named, secret);
}

std::optional<address> address::parse(std::string_view path, std::string_view secret)
{
    const auto last = path.rfind('.');
    if (last == path.npos) return std::nullopt;
    const auto named = path.substr(0, last);
    if (!auth::equal(path.substr(last + 1), code_of(named, secret))) return std::nullopt;
    const auto first = named.find('.'), second = named.find('.', first + 1);
    if (second == named.npos) return std::nullopt;
    const auto about = parse_enum<event_subject>(named.substr(0, first));
    const auto what = parse_enum<mpesa::message>(named.substr(first + 1, second - first - 1));
    const auto id = uuid::parse(named.substr(second + 1));
    if (!about || !what || !id) return std::nullopt;
    return address{*about, *id, *what};
}

}  // namespace roost::payments::mpesa
