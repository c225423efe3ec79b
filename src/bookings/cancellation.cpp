#include "bookings/cancellation.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace roost::bookings {
namespace {

using namespace std::chrono_literals;

constexpr int whole = 10'000;

constexpr std::array flexible_tiers{refund_tier{1, whole}};
constexpr std::array moderate_tiers{refund_tier{5, whole}};
constexpr std::array limited_tiers{refund_tier{14, whole}, refund_tier{7, whole / 2}};
constexpr std::array firm_tiers{refund_tier{30, whole}, refund_tier{7, whole / 2}};
constexpr std::array strict_tiers{refund_tier{7, whole / 2}};

/// In the order of the enumerators.
constexpr std::array policies{
    cancellation_terms{flexible_tiers, 1, 0, true},    cancellation_terms{moderate_tiers, 1, whole / 2, true},
    cancellation_terms{limited_tiers, 0, whole, true}, cancellation_terms{firm_tiers, 0, whole, true},
    cancellation_terms{strict_tiers, 0, whole, true},  cancellation_terms{{}, 0, whole, false},
};
static_assert(policies.size() == enum_names<cancellation_policy>.size());

/// A part of something, exactly: products of amounts and basis points leave 64 bits.
struct share
{
    std::int64_t parts, of;

    money times(money amount) const
    {
        __extension__ using wide = __int128;
        return {static_cast<std::int64_t>((wide{amount.minor()} * parts + of / 2) / of), amount.unit()};
    }
};

constexpr share all{1, 1};

instant cutoff(const booked_stay& stay, int days_before)
{
    return stay.zone.at(stay.check_in - std::chrono::days{days_before}, stay.check_in_time);
}

share refunded_share(const booked_stay& stay, const cancellation_terms& terms, instant now)
{
    if (terms.grace && now <= stay.booked_at + 24h && now <= cutoff(stay, 7)) return all;
    for (const auto& tier : terms.tiers)
        if (now <= cutoff(stay, tier.days)) return {tier.refund_bp, whole};

    const auto nights = (stay.check_out - stay.check_in).count();
    const auto kept = std::min<std::int64_t>(nights, nights_begun(stay, now) + terms.kept_nights);
    return {(nights - kept) * (whole - terms.kept_rest_bp), nights * whole};
}

}  // namespace

const cancellation_terms& terms_of(cancellation_policy policy) { return policies[static_cast<std::size_t>(policy)]; }

int nights_begun(const booked_stay& stay, instant now)
{
    // The night of the day it is there begins at check-in time; those before it have begun, later ones have not.
    const auto today = stay.zone.day_of(now);
    const int begun =
        static_cast<int>((today - stay.check_in).count()) + (stay.zone.at(today, stay.check_in_time) <= now);
    return std::clamp(begun, 0, static_cast<int>((stay.check_out - stay.check_in).count()));
}

refund refund_of(const booked_stay& stay, const cancellation_terms& terms, actor by, instant now)
{
    const auto back = by == actor::guest ? refunded_share(stay, terms, now) : all;
    const bool everything = back.parts == back.of;
    return {back.times(stay.accommodation), everything ? stay.guest_fee : money{0, stay.guest_fee.unit()},
            back.times(stay.tax)};
}

money refund_due(money total, money refunded_of_total, money paid)
{
    const auto owed = total - refunded_of_total;
    return {std::max<std::int64_t>(0, (paid - owed).minor()), paid.unit()};
}

}  // namespace roost::bookings
