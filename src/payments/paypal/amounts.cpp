#include "payments/paypal/amounts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

namespace roost::payments::paypal {
namespace {

constexpr std::array<std::string_view, 24> moved{"AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR",
                                                 "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK",
                                                 "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD"};
constexpr std::array<std::string_view, 3> whole{"HUF", "JPY", "TWD"};
constexpr std::size_t most_digits = 15;

std::int64_t power_of_ten(int exponent)
{
    std::int64_t p = 1;
    for (; exponent > 0; --exponent) p *= 10;
    return p;
}

/// Written without decimals, whatever the currency has.
bool is_whole(currency c) { return std::ranges::contains(whole, c.code()); }

bool is_digits(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool moves(currency c) { return std::ranges::contains(moved, c.code()); }

money most_of(money m)
{
    if (!moves(m.unit())) return {0, m.unit()};
    const auto least = is_whole(m.unit()) ? power_of_ten(m.unit().exponent()) : 1;
    return {m.minor() - m.minor() % least, m.unit()};
}

std::optional<std::string> written(money m)
{
    if (m.minor() < 0 || most_of(m) != m) return std::nullopt;
    const auto exponent = m.unit().exponent();
    const auto one = power_of_ten(exponent);
    if (is_whole(m.unit())) return std::format("{}", m.minor() / one);
    return std::format("{}.{:0{}}", m.minor() / one, m.minor() % one, exponent);
}

std::optional<money> read_amount(std::string_view value, std::string_view code)
{
    const auto unit = currency::parse(code);
    if (!unit) return std::nullopt;
    const auto exponent = static_cast<std::size_t>(unit->exponent());
    const auto point = std::min(value.find('.'), value.size());
    const auto before = value.substr(0, point);
    const auto after = point < value.size() ? value.substr(point + 1) : std::string_view{};
    if (before.empty() || (point < value.size() && after.empty())) return std::nullopt;
    if (after.size() > exponent || before.size() + exponent > most_digits) return std::nullopt;
    auto digits = std::string{before}.append(after);
    if (!is_digits(digits)) return std::nullopt;
    digits.append(exponent - after.size(), '0');
    std::int64_t minor = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    return money{minor, *unit};
}

}  // namespace roost::payments::paypal
