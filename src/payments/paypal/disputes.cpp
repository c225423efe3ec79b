#include "payments/paypal/disputes.hpp"

#include <algorithm>
#include <array>

#include "payments/paypal/amounts.hpp"

namespace roost::payments::paypal {
namespace {

/// Nothing when it is over and PayPal's word for how is not known here.
std::optional<dispute_status> status_of(const dispute& d)
{
    constexpr auto ours = std::to_array<std::string_view>(
        {"CANCELED_BY_BUYER", "DENIED", "NONE", "RESOLVED_SELLER_FAVOUR", "RESOLVED_WITH_PAYOUT"});
    constexpr auto theirs = std::to_array<std::string_view>({"ACCEPTED", "RESOLVED_BUYER_FAVOUR"});
    if (d.status != "RESOLVED") return dispute_status::open;
    const auto code = d.outcome ? d.outcome->code.value_or("") : "";
    if (std::ranges::contains(ours, code)) return dispute_status::won;
    return std::ranges::contains(theirs, code) ? std::optional{dispute_status::lost} : std::nullopt;
}

/// What PayPal has taken of it, or keeps back.
money taken_by(const dispute& d, dispute_status status, money disputed)
{
    // As long as guest and host talk, it takes nothing.
    if (status == dispute_status::open && d.stage == "INQUIRY") return {0, disputed.unit()};
    if (status != dispute_status::lost || !d.outcome->refunded) return disputed;
    const auto& [code, value] = *d.outcome->refunded;
    const auto refunded = read_amount(value, code);
    return refunded && refunded->unit() == disputed.unit() ? *refunded : disputed;
}

}  // namespace

task<std::optional<dispute_seen>> dispute_of(api& a, std::string reference)
{
    const auto d = co_await a.get<dispute>("/v1/customer/disputes/" + reference);
    if (!d || d->transactions.size() != 1 || !d->transactions.front().capture) co_return std::nullopt;
    const auto disputed = read_amount(d->amount.value, d->amount.code);
    const auto status = status_of(*d);
    if (!disputed || !status) co_return std::nullopt;
    const auto capture = co_await a.get<movement>("/v2/payments/captures/" + *d->transactions.front().capture);
    const auto order = capture ? capture->order() : std::nullopt;
    if (!order) co_return std::nullopt;
    // What PayPal takes for it besides is not told here.
    co_return dispute_seen{*order, taken_by(*d, *status, *disputed), money{0, disputed->unit()}, *status,
                           d->reason.value_or("")};
}

}  // namespace roost::payments::paypal
