#include "payments/stripe/amounts.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace roost::payments::stripe {
namespace {

using namespace std::string_view_literals;

constexpr auto zero_decimal = std::to_array({"BIF"sv, "CLP"sv, "DJF"sv, "GNF"sv, "JPY"sv, "KMF"sv, "KRW"sv, "MGA"sv,
                                             "PYG"sv, "RWF"sv, "VND"sv, "VUV"sv, "XAF"sv, "XOF"sv, "XPF"sv});
constexpr auto three_decimal = std::to_array({"BHD"sv, "JOD"sv, "KWD"sv, "OMR"sv, "TND"sv});
/// Written with two digits that are always 00, although they have none any more. UGX stands among the zero-decimal ones
/// too; the special case says how it is written.
constexpr auto always_whole = std::to_array({"ISK"sv, "UGX"sv});

constexpr std::int64_t ten_to(int exponent)
{
    std::int64_t value = 1;
    while (exponent-- > 0) value *= 10;
    return value;
}

/// Exactly, or nothing.
std::optional<std::int64_t> rescaled(std::int64_t amount, int from, int to)
{
    if (to < from) return amount % ten_to(from - to) == 0 ? std::optional{amount / ten_to(from - to)} : std::nullopt;
    std::int64_t scaled = 0;
    if (__builtin_mul_overflow(amount, ten_to(to - from), &scaled)) return std::nullopt;
    return scaled;
}

}  // namespace

std::optional<int> exponent_of(currency c)
{
    if (std::ranges::contains(zero_decimal, c.code())) return 0;
    if (std::ranges::contains(three_decimal, c.code())) return 3;
    if (c.exponent() == 2 || std::ranges::contains(always_whole, c.code())) return 2;
    return std::nullopt;
}

money most_of(money m)
{
    const auto exponent = exponent_of(m.unit());
    if (!exponent) return {0, m.unit()};
    // The card networks have two digits where Stripe writes three: the last is 0.
    const auto least = *exponent == 3 ? 10 : ten_to(m.unit().exponent() - *exponent);
    return {m.minor() - m.minor() % least, m.unit()};
}

std::optional<std::int64_t> to_stripe(money m)
{
    const auto exponent = exponent_of(m.unit());
    if (!exponent || most_of(m) != m) return std::nullopt;
    return rescaled(m.minor(), m.unit().exponent(), *exponent);
}

std::optional<money> from_stripe(std::int64_t amount, currency c)
{
    const auto exponent = exponent_of(c);
    if (!exponent) return std::nullopt;
    const auto minor = rescaled(amount, *exponent, c.exponent());
    return minor ? std::optional{money{*minor, c}} : std::nullopt;
}

std::string code_of(currency c)
{
    std::string code{c.code()};
    for (auto& letter : code) letter = static_cast<char>(std::tolower(letter));
    return code;
}

std::optional<currency> currency_of(std::string_view stripes)
{
    std::string code{stripes};
    for (auto& letter : code)
    {
        if (letter < 'a' || letter > 'z') return std::nullopt;
        letter = static_cast<char>(std::toupper(letter));
    }
    return currency::parse(code);
}

money fee_of(money amount, std::int64_t booked, std::int64_t fee, std::string_view in)
{
    const auto whole = booked < 0 ? -booked : booked;
    if (fee <= 0 || whole == 0) return {0, amount.unit()};
    if (currency_of(in) == amount.unit())
        if (const auto same = from_stripe(fee, amount.unit())) return *same;
    __extension__ using wide = __int128;
    const auto twice = 2 * static_cast<wide>(amount.minor()) * fee + whole;
    return {static_cast<std::int64_t>(twice / (2 * static_cast<wide>(whole))), amount.unit()};
}

}  // namespace roost::payments::stripe
