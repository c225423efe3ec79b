#include "properties/pricing.hpp"

#include <gtest/gtest.h>

#include <random>

#include "properties/property.hpp"

namespace roost {
namespace {

const auto eur = *currency::parse("EUR");

/// share * bp / 10,000 rounded half up, in exact integers wider than any input.
std::int64_t half_up(std::int64_t share, int bp)
{
    __extension__ using wide = __int128;
    return static_cast<std::int64_t>((static_cast<wide>(share) * bp * 2 + 10'000) / 20'000);
}

TEST(price_stay, adds_up_line_by_line)
{
    const auto p = price_stay({{12'050, eur}, {3'000, eur}, 1'200, 625}, 3);
    EXPECT_EQ(p.nights, (money{36'150, eur}));
    EXPECT_EQ(p.subtotal, (money{39'150, eur}));
    EXPECT_EQ(p.guest_fee, (money{4'698, eur}));
    EXPECT_EQ(p.tax, (money{2'447, eur}));  // 2446.875
    EXPECT_EQ(p.total, (money{46'295, eur}));
}

TEST(price_stay, rounds_a_half_up)
{
    EXPECT_EQ(price_stay({{20, eur}, {0, eur}, 1'250, 0}, 1).guest_fee.minor(), 3);  // 2.5
    EXPECT_EQ(price_stay({{10, eur}, {2, eur}, 0, 1'250}, 1).tax.minor(), 2);        // 1.5
    EXPECT_EQ(price_stay({{19, eur}, {0, eur}, 1'250, 0}, 1).guest_fee.minor(), 2);  // 2.375
}

TEST(price_stay, stays_exact_at_the_largest_price)
{
    const auto p = price_stay({{1'000'000'000'000, eur}, {1'000'000'000'000, eur}, 10'000, 10'000}, longest_stay);
    EXPECT_EQ(p.total.minor(), 3 * (longest_stay + 1) * 1'000'000'000'000);
}

TEST(price_stay, refuses_mixed_currencies)
{
    EXPECT_THROW(price_stay({{100, eur}, {100, *currency::parse("USD")}, 0, 0}, 1), std::logic_error);
}

TEST(price_stay, holds_its_laws_for_random_terms)
{
    std::mt19937_64 random{20'261'121};
    for (int i = 0; i < 50'000; ++i)
    {
        // Small and huge amounts alike.
        const auto amount = [&] {
            return static_cast<std::int64_t>((random() % 1'000'000'000'001) >> (random() % 40));
        };
        const auto bp = [&] { return static_cast<int>(random() % 10'001); };
        const auto terms = price_terms{{amount(), eur}, {amount(), eur}, bp(), bp()};
        const auto nights = static_cast<int>(1 + random() % longest_stay);
        const auto p = price_stay(terms, nights);
        ASSERT_EQ(p.nights.minor(), terms.nightly_price.minor() * nights);
        ASSERT_EQ(p.subtotal, p.nights + p.cleaning_fee);
        ASSERT_EQ(p.total, p.subtotal + p.guest_fee + p.tax);
        ASSERT_EQ(p.guest_fee.minor(), half_up(p.subtotal.minor(), terms.guest_fee_bp));
        ASSERT_EQ(p.tax.minor(), half_up(p.subtotal.minor(), terms.tax_bp));
        if (nights > 1)
        {
            ASSERT_LE(price_stay(terms, nights - 1).total.minor(), p.total.minor());
        }
    }
}

}  // namespace
}  // namespace roost
