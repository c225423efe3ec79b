#pragma once
#include <cstdint>
#include <optional>

#include "core/money.hpp"
#include "payments/payment.hpp"

/// What Paystack takes, and amounts as it writes them (paystack.com/docs/api, "Supported currency"; paystack.com/docs/
/// payments/payment-channels).
namespace roost::payments::paystack {

/// Whether it takes a method in a currency.
bool takes(payment_method m, currency c);

/// In hundredths, also of francs that have none. Nothing when it has no such amount or currency.
std::optional<std::int64_t> to_paystack(money m);
/// Nothing when ours has no such amount.
std::optional<money> from_paystack(std::int64_t hundredths, currency c);
/// A price is no amount that was asked for: rounded half up where ours has no hundredths.
money rounded_from_paystack(std::int64_t hundredths, currency c);

}  // namespace roost::payments::paystack
