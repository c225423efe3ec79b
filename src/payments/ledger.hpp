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
    gateway_fee,        // what providers keep
    payout_in_transit,  // negative: on its way to a host
    dispute_reserve,    // what a provider has taken back until a dispute is decided
    dispute_loss,       // what lost disputes cost beyond what anybody had of the booking
};
constexpr auto names_of(account)
{
    return std::to_array<std::string_view>({"gateway_cash", "guest_receivable", "host_payable", "platform_revenue",
                                            "tax_payable", "gateway_fee", "payout_in_transit", "dispute_reserve",
                                            "dispute_loss"});
}

enum class journal_kind : std::uint8_t
{
    capture,
    capture_not_taken,  // to be given back
    refund_decided,     // owed to the guest from now on
    refund_paid,
    refund_returned,  // the provider sent it back: owed to the guest again
    payout_begun,
    payout_paid,
    payout_failed,  // the host is owed it again
    dispute_moved,  // the provider took money back, or gave it again
    dispute_lost,
    adjustment,
};
constexpr auto names_of(journal_kind)
{
    return std::to_array<std::string_view>({"capture", "capture_not_taken", "refund_decided", "refund_paid",
                                            "refund_returned", "payout_begun", "payout_paid", "payout_failed",
                                            "dispute_moved", "dispute_lost", "adjustment"});
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
/// The guest has got it; below zero: it has come back.
std::vector<entry> given_back(const parties& who, money amount);

/// Owed to the host no longer, but on its way. `who.provider`: who pays it, whoever took it from guests.
std::vector<entry> payout_begun(const parties& who, money amount);
/// It has arrived.
std::vector<entry> payout_paid(const parties& who, money amount);
/// It has come back: from its way, or from a host who had it already.
std::vector<entry> payout_returned(const parties& who, money amount, bool had_arrived);

/// The provider has taken `amount` back and `fee` for it; below zero: given again.
std::vector<entry> dispute_moved(const parties& who, money amount, money fee);
/// What was taken back is gone: `owed` of it was owed to the guest, the difference of `before` and `after` somebody
/// had, and `beyond` nobody.
std::vector<entry> dispute_lost(const parties& who, money owed, const shares& before, const shares& after,
                                money beyond);

}  // namespace roost::payments
