#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/money.hpp"

/// Amounts as Stripe writes them. Its units are not always those of ISO 4217 (docs.stripe.com/currencies: zero-decimal
/// and three-decimal currencies, special cases).
namespace roost::payments::stripe {

/// Nothing for a currency of which Stripe's unit is not known.
std::optional<int> exponent_of(currency c);

/// As much of it as Stripe can write.
money most_of(money m);
/// Nothing when Stripe has no such amount.
std::optional<std::int64_t> to_stripe(money m);
/// Nothing when ours has no such amount.
std::optional<money> from_stripe(std::int64_t amount, currency c);

/// "eur" for EUR.
std::string code_of(currency c);
std::optional<currency> currency_of(std::string_view stripes);

/// A fee in the currency of the amount it was taken from. Stripe keeps books in the account's currency, which may be
/// another: then by the same rate as the amount itself was, rounded half up. `booked` and `fee` are in Stripe's units.
money fee_of(money amount, std::int64_t booked, std::int64_t fee, std::string_view in);

}  // namespace roost::payments::stripe
