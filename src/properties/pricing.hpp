#pragma once
#include "core/money.hpp"

namespace roost {

/// What a stay costs is computed from.
struct price_terms
{
    money nightly_price;   // 0 to 10^12 minor units
    money cleaning_fee;    // once per stay; same currency
    int guest_fee_bp = 0;  // the platform's, hundredths of a percent, 0 to 10,000
    int tax_bp = 0;        // hundredths of a percent, 0 to 10,000
};

/// Every line of a stay's price. subtotal = nights + cleaning_fee; total = subtotal + guest_fee + tax.
struct stay_price
{
    money nights, cleaning_fee, subtotal, guest_fee, tax, total;

    bool operator==(const stay_price&) const = default;
};

/// The one arithmetic of a stay's price (domain rules, 4.2): guest fee and tax are each a share of the subtotal,
/// rounded once, half up. Search computes the same in SQL; a test holds the two together. `nights` is 1 to
/// longest_stay. Throws std::logic_error when the currencies differ.
stay_price price_stay(const price_terms& terms, int nights);

}  // namespace roost
