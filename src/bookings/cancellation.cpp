#include "bookings/cancellation.hpp"

#include <algorithm>
#include <chrono>
#include <ranges>

namespace roost::bookings {
namespace {

constexpr int whole = 10'000;

/// A part of something, exactly: products of amounts and basis points leave 64 bits.
struct share
{
    std::int64_t parts, of;

    bool is_all() const { return parts == of; }
    money times(money amount) const
    {
        __extension__ using wide = __int128;
        return {static_cast<std::int64_t>((wide{amount.minor()} * parts + of / 2) / of), amount.unit()};
    }
};

constexpr share all{1, 1};

struct decision
{
    refund_rule rule;
    share back;
};

int nights_of(const booked_stay& stay) { return static_cast<int>((stay.check_out - stay.check_in).count()); }

instant cutoff(const booked_stay& stay, int days_before)
{
    return stay.zone.at(stay.check_in - std::chrono::days{days_before}, stay.check_in_time);
}

instant end_of_grace(const booked_stay& stay, const grace_rule& grace)
{
    return std::min<instant>(stay.booked_at + std::chrono::hours{grace.hours}, cutoff(stay, grace.days_before));
}

share late_share(std::int64_t nights, const late_rule& late, int begun)
{
    const auto kept = std::min<std::int64_t>(nights, begun + late.kept_nights);
    return {(nights - kept) * (whole - late.kept_rest_basis_points), nights * whole};
}

decision decide(const booked_stay& stay, const cancellation_terms& terms, actor by, instant now)
{
    if (by != actor::guest) return {refund_rule::other_side, all};
    if (terms.grace && now <= end_of_grace(stay, *terms.grace)) return {refund_rule::grace, all};
    for (const auto& tier : terms.tiers)
        if (now <= cutoff(stay, tier.days_before)) return {refund_rule::notice, {tier.refund_basis_points, whole}};
    return {refund_rule::late, late_share(nights_of(stay), terms.late, nights_begun(stay, now))};
}

share fee_share(fee_refund rule, share back)
{
    switch (rule)
    {
        case fee_refund::in_proportion: return back;
        case fee_refund::with_everything:
            if (back.is_all()) return all;
            break;
        case fee_refund::never: break;
    }
    return {0, 1};
}

refund amounts(const booked_stay& stay, fee_refund fee, decision d)
{
    if (d.rule == refund_rule::other_side) fee = fee_refund::with_everything;
    return {d.rule, d.back.times(stay.accommodation), fee_share(fee, d.back).times(stay.guest_fee),
            d.back.times(stay.tax)};
}

/// The moments from `now` to `end` after which a guest may get less, in order.
std::vector<instant> thresholds(const booked_stay& stay, const cancellation_terms& terms, instant now, instant end)
{
    std::vector<instant> at;
    const auto add = [&](instant t) {
        if (now <= t && t < end) at.push_back(t);
    };
    if (terms.grace) add(end_of_grace(stay, *terms.grace));
    for (const auto& tier : terms.tiers) add(cutoff(stay, tier.days_before));
    for (int night = 0; night < nights_of(stay); ++night) add(cutoff(stay, -night));
    at.push_back(end);
    std::ranges::sort(at);
    return at;
}

}  // namespace

int nights_begun(const booked_stay& stay, instant now)
{
    const auto nights = std::views::iota(0, nights_of(stay));
    const auto first_to_come = std::ranges::partition_point(nights, [&](int n) { return cutoff(stay, -n) < now; });
    return static_cast<int>(first_to_come - nights.begin());
}

refund refund_of(const booked_stay& stay, const cancellation_terms& terms, actor by, instant now)
{
    return amounts(stay, terms.guest_fee, decide(stay, terms, by, now));
}

refund refund_of_no_show(const booked_stay& stay, const cancellation_terms& terms)
{
    return amounts(stay, terms.guest_fee, {refund_rule::no_show, late_share(nights_of(stay), terms.late, 0)});
}

std::vector<refund_until> refund_schedule(const booked_stay& stay, const cancellation_terms& terms, actor by,
                                          instant now, instant end)
{
    std::vector<refund_until> steps;
    for (const auto t : thresholds(stay, terms, now, end))
    {
        const auto back = refund_of(stay, terms, by, t);
        if (!steps.empty() && steps.back().refund == back)
            steps.back().until = t;
        else
            steps.push_back({t, back});
    }
    return steps;
}

calendar::given_back given_back_by(const cancellation_terms& terms, int nights)
{
    const auto late = late_share(nights, terms.late, 0);
    const int notice = terms.tiers.empty() ? 0 : terms.tiers.front().refund_basis_points;  // the others give no more
    const bool everything = terms.grace || notice == whole || late.is_all();
    const bool some = everything || notice > 0 || late.parts > 0;
    switch (terms.guest_fee)
    {
        case fee_refund::never: return {some, false};
        case fee_refund::with_everything: return {some, everything};
        case fee_refund::in_proportion: break;
    }
    return {some, some};
}

money refund_due(money total, money refunded_of_total, money paid)
{
    const auto owed = total - refunded_of_total;
    return {std::max<std::int64_t>(0, (paid - owed).minor()), paid.unit()};
}

}  // namespace roost::bookings
