#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "payments/gateway.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

/// In what the ledger and a provider differ about one charge.
enum class difference_kind : std::uint8_t
{
    unknown_here,   // the provider has money of a charge that no payment knows
    unknown_there,  // the ledger has money of a charge that the provider does not list
    captured,
    refunded,
};
constexpr auto names_of(difference_kind)
{
    return std::to_array<std::string_view>({"unknown_here", "unknown_there", "captured", "refunded"});
}

struct difference
{
    payments::provider provider;
    std::string reference;
    std::optional<payment_id> payment;
    difference_kind kind;
    std::string currency;
    std::int64_t here, there;  // minor units

    static constexpr auto fields = schema::fields(
        schema::field<&difference::provider>("provider"), schema::field<&difference::reference>("reference"),
        schema::field<&difference::payment>("payment_id"), schema::field<&difference::kind>("kind"),
        schema::field<&difference::currency>("currency"), schema::field<&difference::here>("here"),
        schema::field<&difference::there>("there"));
};

/// A charge as the ledger has it.
struct booked_charge
{
    payment_id payment;
    std::string reference;
    money captured, refunded;

    static constexpr auto fields = schema::fields(
        schema::field<&booked_charge::payment>("payment_id"), schema::field<&booked_charge::reference>("reference"),
        schema::field<&booked_charge::captured>("captured"), schema::field<&booked_charge::refunded>("refunded"));
};

/// Compares what providers say they have with what the ledger says they have.
class reconciler
{
    pg::database& db_;
    const clock& clock_;
    const gateways& gateways_;

    using listed = std::map<std::string, listed_charge, std::less<>>;
    static task<std::optional<listed>> list(gateway& g, instant from, instant to);
    task<std::vector<booked_charge>> booked(provider p, instant from, instant to);
    task<std::vector<difference>> by_list(provider p, const listed& there, instant from, instant to);
    task<std::vector<difference>> one_by_one(provider p, gateway& g, instant from, instant to);
    task<> ask_again(const std::vector<difference>& found);

public:
    reconciler(pg::database& db, const clock& c, const gateways& g) : db_{db}, clock_{c}, gateways_{g} {}

    /// Charges begun in this time. What is found is also logged, as an error, and of payments of which the provider has
    /// taken something else it is asked again.
    /// errc::unavailable when a provider could not be asked; the others have been all the same.
    task<result<std::vector<difference>>> reconcile(instant from, instant to);
    /// The days before: those that may have changed since, because money arrives and goes back late.
    task<result<std::vector<difference>>> reconcile_latest();
};

}  // namespace roost::payments
