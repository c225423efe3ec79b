#include "payments/ledger.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>

namespace roost::payments {
namespace {

template <std::size_t N>
std::array<std::int64_t, N> in_proportion(std::int64_t amount, const std::array<std::int64_t, N>& weights)
{
    __extension__ using wide = __int128;
    const auto whole = std::accumulate(weights.begin(), weights.end(), wide{0});
    if (whole == 0 && amount != 0) throw std::logic_error("nobody has a part of it");
    std::array<std::int64_t, N> parts{};
    std::array<wide, N> rest{};
    auto left = amount;
    for (std::size_t i = 0; i < N && whole != 0; ++i)
    {
        const auto exact = wide{amount} * weights[i];
        parts[i] = static_cast<std::int64_t>(exact / whole);
        rest[i] = exact % whole;
        left -= parts[i];
    }
    for (; left > 0; --left)  // fewer than N times
    {
        const auto largest = static_cast<std::size_t>(std::ranges::max_element(rest) - rest.begin());
        ++parts[largest];
        rest[largest] = -1;
    }
    return parts;
}

/// Entries of nothing are none.
class lines
{
    std::vector<entry> out_;

public:
    lines& add(account a, std::string owner, money amount)
    {
        if (amount.minor() != 0) out_.push_back({a, std::move(owner), amount});
        return *this;
    }
    lines& change(const parties& who, const shares& before, const shares& after)
    {
        add(account::host_payable, who.host, before.host - after.host);
        add(account::platform_revenue, {}, before.revenue - after.revenue);
        return add(account::tax_payable, {}, before.tax - after.tax);
    }
    lines& cash(const parties& who, money gross, money fee)
    {
        const std::string provider{name_of(who.provider)};
        return add(account::gateway_cash, provider, gross - fee).add(account::gateway_fee, provider, fee);
    }
    std::vector<entry> done() { return std::move(out_); }
};

}  // namespace

shares split(money amount, const shares& of)
{
    const auto parts = in_proportion<3>(amount.minor(), {of.host.minor(), of.revenue.minor(), of.tax.minor()});
    const auto unit = amount.unit();
    return {{parts[0], unit}, {parts[1], unit}, {parts[2], unit}};
}

shares claims_of(const priced& p)
{
    const auto host_fee = p.accommodation - p.host_payout;
    const auto back = in_proportion<2>(p.accommodation_back.minor(), {p.host_payout.minor(), host_fee.minor()});
    const auto unit = p.accommodation.unit();
    return {p.host_payout - money{back[0], unit}, host_fee - money{back[1], unit} + p.guest_fee - p.guest_fee_back,
            p.tax - p.tax_back};
}

shares owners_of(money paid, const shares& claims, const shares& so_far)
{
    return split(paid, claims.sum().minor() != 0 ? claims : so_far);
}

std::vector<entry> captured(const parties& who, money gross, money fee, const shares& before, const shares& after)
{
    return lines{}.cash(who, gross, fee).change(who, before, after).done();
}

std::vector<entry> captured_to_give_back(const parties& who, money gross, money fee)
{
    return lines{}.cash(who, gross, fee).add(account::guest_receivable, {}, -gross).done();
}

std::vector<entry> owed(const parties& who, money amount, const shares& before, const shares& after)
{
    return lines{}.add(account::guest_receivable, {}, -amount).change(who, before, after).done();
}

std::vector<entry> given_back(const parties& who, money amount)
{
    return lines{}
        .add(account::guest_receivable, {}, amount)
        .add(account::gateway_cash, std::string{name_of(who.provider)}, -amount)
        .done();
}

std::vector<entry> payout_begun(const parties& who, money amount)
{
    return lines{}
        .add(account::host_payable, who.host, amount)
        .add(account::payout_in_transit, std::string{name_of(who.provider)}, -amount)
        .done();
}

std::vector<entry> payout_paid(const parties& who, money amount)
{
    const std::string provider{name_of(who.provider)};
    return lines{}
        .add(account::payout_in_transit, provider, amount)
        .add(account::gateway_cash, provider, -amount)
        .done();
}

std::vector<entry> payout_returned(const parties& who, money amount, bool had_arrived)
{
    const auto from = had_arrived ? account::gateway_cash : account::payout_in_transit;
    return lines{}
        .add(from, std::string{name_of(who.provider)}, amount)
        .add(account::host_payable, who.host, -amount)
        .done();
}

std::vector<entry> dispute_moved(const parties& who, money amount, money fee)
{
    return lines{}
        .cash(who, -amount, fee)
        .add(account::dispute_reserve, std::string{name_of(who.provider)}, amount)
        .done();
}

std::vector<entry> dispute_lost(const parties& who, money owed, const shares& before, const shares& after, money beyond)
{
    const auto gone = owed + before.sum() - after.sum() + beyond;
    return lines{}
        .add(account::guest_receivable, {}, owed)
        .change(who, before, after)
        .add(account::dispute_loss, {}, beyond)
        .add(account::dispute_reserve, std::string{name_of(who.provider)}, -gone)
        .done();
}

}  // namespace roost::payments
