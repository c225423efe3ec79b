#include "payments/paystack/amounts.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace roost::payments::paystack {
namespace {

using namespace std::string_view_literals;

constexpr auto currencies = std::to_array({"GHS"sv, "KES"sv, "NGN"sv, "USD"sv, "XOF"sv, "ZAR"sv});
constexpr auto of_mobile_money = std::to_array({"GHS"sv, "KES"sv, "XOF"sv});
/// To an account that is made up for the transfer.
constexpr auto of_bank_transfers = std::to_array({"NGN"sv});

/// How many of Paystack's units are one of ours.
constexpr std::int64_t scale(currency c) { return c.exponent() == 0 ? 100 : 1; }

}  // namespace

bool takes(payment_method m, currency c)
{
    switch (m)
    {
        case payment_method::card: return std::ranges::contains(currencies, c.code());
        case payment_method::mobile_money: return std::ranges::contains(of_mobile_money, c.code());
        case payment_method::bank_transfer: return std::ranges::contains(of_bank_transfers, c.code());
        case payment_method::paypal: break;
    }
    return false;
}

std::optional<std::int64_t> to_paystack(money m)
{
    std::int64_t scaled = 0;
    if (!std::ranges::contains(currencies, m.unit().code())) return std::nullopt;
    if (__builtin_mul_overflow(m.minor(), scale(m.unit()), &scaled)) return std::nullopt;
    return scaled;
}

std::optional<money> from_paystack(std::int64_t hundredths, currency c)
{
    if (!std::ranges::contains(currencies, c.code()) || hundredths % scale(c) != 0) return std::nullopt;
    return money{hundredths / scale(c), c};
}

money rounded_from_paystack(std::int64_t hundredths, currency c)
{
    const auto whole = hundredths / scale(c), rest = hundredths % scale(c);
    return {whole + (2 * rest >= scale(c) ? 1 : 0), c};
}

}  // namespace roost::payments::paystack
