#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/money.hpp"

/// Money as PayPal writes it: a decimal number in a string.
namespace roost::payments::paypal {

/// Whether PayPal moves money in it (developer.paypal.com, "Currency codes").
bool moves(currency c);

/// As much of it as PayPal can move.
money most_of(money m);

/// "12.50" EUR, "1250" JPY. Nothing where PayPal has no such amount: it takes no decimals of HUF and TWD, which have
/// some.
std::optional<std::string> written(money m);

/// Nothing when it is no amount of that currency, or more than anybody pays.
std::optional<money> read_amount(std::string_view value, std::string_view code);

}  // namespace roost::payments::paypal
