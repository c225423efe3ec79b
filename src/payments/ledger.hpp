#pragma once
#include <string>
#include <vector>

#include "core/money.hpp"
#include "payments/payment.hpp"
#include "platform/schema/schema.hpp"

/// Double entry (domain rules, 4.9): what is posted when money moves. Pure: nothing here knows the database.
namespace roost::payments {

/// Debits are positive.
enum class account : std::uint8_t
{
    gateway_cash,      // what lies at a provider
    guest_receivable,  // negative: what we owe guests
    host_payable,      // negative: what we owe hosts
    platform_revenue,
    tax_payable,
    gateway_fee,  // what providers keep
};
constexpr auto names_of(account)
{
    return std::to_array<std::string_view>(
        {"gateway_cash", "guest_receivable", "host_payable", "platform_revenue", "tax_payable", "gateway_fee"});
}

enum class journal_kind : std::uint8_t
{
    capture,
    capture_not_taken,  // to be given back
    refund_decided,     // owed to the guest from now on
    refund_paid,
};
constexpr auto names_of(journal_kind)
{
    return std::to_array<std::string_view>({"capture", "capture_not_taken", "refund_decided", "refund_paid"});
}

/// Whose a sum of money is.
struct shares
{
    money host, revenue, tax;

    money sum() const { return host + revenue + tax; }
    bool operator==(const shares&) const = default;

    static constexpr auto fields =
        schema::fields(schema::field<&shares::host>("host"), schema::field<&shares::revenue>("revenue"),
                       schema::field<&shares::tax>("tax"));
};

/// What a booking costs and what of that a cancellation took off again, as refunds are made of them.
struct priced
{
    money accommodation, host_payout, guest_fee, tax;
    money accommodation_back, guest_fee_back, tax_back;
};

/// Whose the price is. What goes back of the accommodation is taken from host and fee in proportion, by largest
/// remainder, so that the parts always add up to the whole.
shares claims_of(const priced& p);

/// `amount` in proportion to `of`, by largest remainder. `of` is not negative, and zero only if `amount` is.
shares split(money amount, const shares& of);

/// Whose the `paid` part of a price is. Where nobody has a claim any more, what is there shrinks in proportion.
shares owners_of(money paid, const shares& claims, const shares& so_far);

struct entry
{
    payments::account account;
    std::string owner;
    money amount;

    bool operator==(const entry&) const = default;
};

/// Where an account needs to know whose it is.
struct parties
{
    payments::provider provider;
    std::string host;
};

/// The provider took `gross` and kept `fee` of it; what the booking's money belongs to changes from `before` to
/// `after`, which differ by `gross`.
std::vector<entry> captured(const parties& who, money gross, money fee, const shares& before, const shares& after);
/// The same, of money that goes back.
std::vector<entry> captured_to_give_back(const parties& who, money gross, money fee);
/// `amount` is owed to the guest; `before` and `after` differ by it.
std::vector<entry> owed(const parties& who, money amount, const shares& before, const shares& after);
/// The guest has got it.
std::vector<entry> given_back(const parties& who, money amount);

}  // namespace roost::payments
