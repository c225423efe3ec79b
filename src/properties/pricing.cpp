#include "properties/pricing.hpp"

#include "properties/property.hpp"

namespace roost {

// The largest product on the way: longest stay at the highest price, in basis points, and its rounding.
static_assert((longest_stay * std::int64_t{1'000'000'000'000} + 1'000'000'000'000) <= (INT64_MAX - 5'000) / 10'000);

stay_price price_stay(const price_terms& terms, int nights)
{
    stay_price p;
    p.nights = terms.nightly_price * nights;
    p.cleaning_fee = terms.cleaning_fee;
    p.subtotal = p.nights + p.cleaning_fee;
    p.guest_fee = p.subtotal.basis_points(terms.guest_fee_bp);
    p.tax = p.subtotal.basis_points(terms.tax_bp);
    p.total = p.subtotal + p.guest_fee + p.tax;
    return p;
}

}  // namespace roost
