#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace roost {

/// An ISO 4217 currency. Only listed currencies can be made.
class currency
{
    std::array<char, 3> code_{'U', 'S', 'D'};
    constexpr explicit currency(std::array<char, 3> code) : code_{code} {}

public:
    currency() = default;

    /// Three upper-case letters of an active ISO 4217 currency, else nothing.
    static std::optional<currency> parse(std::string_view code);
    constexpr std::string_view code() const { return {code_.data(), 3}; }
    /// Digits after the point: EUR 2, JPY 0, KWD 3.
    int exponent() const;

    constexpr auto operator<=>(const currency&) const = default;
};

/// Arithmetic that left the range of int64: a bug or an attack, never a price.
struct money_overflow : std::overflow_error
{
    money_overflow() : std::overflow_error("amount out of range") {}
};

/// An amount in minor units (cents) of one currency. Mixing currencies is a bug, so it throws.
/// It has no order: say which currency first.
class money
{
    std::int64_t minor_ = 0;
    currency unit_;

    static constexpr std::int64_t sum(std::int64_t a, std::int64_t b)
    {
        std::int64_t r;
        if (__builtin_add_overflow(a, b, &r)) throw money_overflow{};
        return r;
    }
    static constexpr std::int64_t product(std::int64_t a, std::int64_t b)
    {
        std::int64_t r;
        if (__builtin_mul_overflow(a, b, &r)) throw money_overflow{};
        return r;
    }
    constexpr void same_unit(money other) const
    {
        if (unit_ != other.unit_) throw std::logic_error("amounts of different currencies");
    }

public:
    money() = default;
    constexpr money(std::int64_t minor, currency unit) : minor_{minor}, unit_{unit} {}

    constexpr std::int64_t minor() const { return minor_; }
    constexpr currency unit() const { return unit_; }

    friend constexpr money operator+(money a, money b)
    {
        a.same_unit(b);
        return {sum(a.minor_, b.minor_), a.unit_};
    }
    friend constexpr money operator-(money a) { return {product(a.minor_, -1), a.unit_}; }
    friend constexpr money operator-(money a, money b) { return a + -b; }
    friend constexpr money operator*(money a, std::int64_t times) { return {product(a.minor_, times), a.unit_}; }
    constexpr money& operator+=(money b) { return *this = *this + b; }

    /// This many hundredths of a percent, rounded once, half away from zero, as printed on invoices:
    /// 12.5 % of 0.20 EUR is 0.03 EUR (domain rules, 4.2).
    constexpr money basis_points(std::int64_t bp) const
    {
        const auto scaled = product(minor_, bp);
        return {sum(scaled, scaled < 0 ? -5'000 : 5'000) / 10'000, unit_};
    }

    constexpr bool operator==(const money&) const = default;
};

}  // namespace roost
