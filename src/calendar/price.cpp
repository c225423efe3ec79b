#include "calendar/price.hpp"

#include <algorithm>
#include <format>

namespace roost::calendar {
namespace {

using std::chrono::days;
__extension__ using wide = __int128;

// The dearest stay: every night, every guest and the cleaning at the highest price. Shares of it stay inside int64.
constexpr std::int64_t dearest = longest_stay * (1'000'000'000'000 + 50 * largest_personal_amount) + 1'000'000'000'000;
static_assert(dearest <= (INT64_MAX - 5'000) / 10'000);

/// "12.5%".
std::string percent(int basis_points)
{
    auto text = std::format("{}.{:02}", basis_points / 100, basis_points % 100);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + '%';
}

std::string count_of(int n, std::string_view one) { return std::format("{} {}{}", n, one, n == 1 ? "" : "s"); }

/// parts/of of an amount that is not negative, rounded half up.
money share_of(money amount, std::int64_t parts, std::int64_t of)
{
    return {static_cast<std::int64_t>((wide{amount.minor()} * parts * 2 + of) / (wide{of} * 2)), amount.unit()};
}

class invoice
{
    const rates& r_;
    date_range stay_;
    const party& who_;
    given_back back_;
    stay_price p_;

    const pricing* rules() const { return r_.special ? &r_.special->pricing : nullptr; }

    money add(price_line line)
    {
        line.refundable = line.kind == price_line_kind::guest_fee ? back_.guest_fee : back_.stay;
        p_.lines.push_back(std::move(line));
        return p_.lines.back().amount;
    }

    /// One line for all nights of the same price and origin, in the order in which they come.
    money add_nights()
    {
        struct group
        {
            night_rate rate;
            int nights;
        };
        std::vector<group> groups;
        for (auto night = stay_.from(); night < stay_.to(); night += days{1})
        {
            const auto rate = rate_of(r_, night);
            const auto same = std::ranges::find_if(groups, [&](const group& g) {
                return g.rate.rule == rate.rule && g.rate.price == rate.price && g.rate.in == rate.in;
            });
            if (same == groups.end())
                groups.push_back({rate, 1});
            else
                ++same->nights;
        }
        money sum{0, r_.nightly_price.unit()};
        for (const auto& g : groups)
            sum += add({.kind = price_line_kind::nights,
                        .description = words_for(g.rate),
                        .name = g.rate.in ? std::optional{g.rate.in->name} : std::nullopt,
                        .rule = g.rate.rule,
                        .quantity = g.nights,
                        .unit_price = g.rate.price,
                        .amount = g.rate.price * g.nights});
        return sum;
    }

    static std::string words_for(const night_rate& rate)
    {
        switch (rate.rule)
        {
            case night_rule::base: return "Nights at the usual price";
            case night_rule::weekend: return "Nights of the weekend";
            case night_rule::season: return "Season " + rate.in->name;
            case night_rule::date: return "Nights with a price of their own";
        }
        return {};
    }

    money add_discount(money nights)
    {
        const length_discount* best = nullptr;
        if (const auto* rule = rules())
            for (const auto& d : rule->length_discounts)
                if (d.min_nights <= stay_.nights() && (!best || d.basis_points > best->basis_points)) best = &d;
        if (!best) return {0, nights.unit()};
        return add({.kind = price_line_kind::length_discount,
                    .description = std::format("{} off stays of {} or more", percent(best->basis_points),
                                               count_of(best->min_nights, "night")),
                    .rate_basis_points = best->basis_points,
                    .base = nights,
                    .amount = -nights.basis_points(best->basis_points)});
    }

    money add_extra_guests()
    {
        const auto* rule = rules();
        const int extra = rule ? who_.guests - rule->included_guests : 0;
        if (extra <= 0 || !rule->extra_guest_fee) return {0, r_.nightly_price.unit()};
        const int quantity = extra * stay_.nights();
        return add({.kind = price_line_kind::extra_guests,
                    .description = std::format("{} beyond {}, {}", count_of(extra, "guest"), rule->included_guests,
                                               count_of(stay_.nights(), "night")),
                    .quantity = quantity,
                    .unit_price = rule->extra_guest_fee,
                    .amount = *rule->extra_guest_fee * quantity});
    }

    money add_cleaning()
    {
        if (r_.cleaning_fee.minor() == 0) return r_.cleaning_fee;
        return add({.kind = price_line_kind::cleaning,
                    .description = "Cleaning, once",
                    .quantity = 1,
                    .unit_price = r_.cleaning_fee,
                    .amount = r_.cleaning_fee});
    }

    money add_share(price_line_kind kind, std::string_view what, int basis_points)
    {
        if (basis_points == 0) return {0, r_.nightly_price.unit()};
        return add({.kind = kind,
                    .description = std::format("{}, {}", what, percent(basis_points)),
                    .rate_basis_points = basis_points,
                    .base = p_.accommodation,
                    .amount = p_.accommodation.basis_points(basis_points)});
    }

    money add_tax(const tax_rule& tax)
    {
        const int nights = std::min(stay_.nights(), tax.max_nights.value_or(longest_stay));
        const auto first = nights < stay_.nights() ? std::format(", first {}", count_of(nights, "night")) : "";
        if (!tax.per_person_night)
            return add({.kind = price_line_kind::tax,
                        .description = std::format("{}, {}{}", tax.name, percent(*tax.basis_points), first),
                        .name = tax.name,
                        .rate_basis_points = tax.basis_points,
                        .base = p_.accommodation,
                        .amount = share_of(p_.accommodation, std::int64_t{*tax.basis_points} * nights,
                                           std::int64_t{10'000} * stay_.nights())});
        const auto young = [&](int age) { return tax.exempt_under_age && age < *tax.exempt_under_age; };
        const int persons = who_.guests - static_cast<int>(std::ranges::count_if(who_.child_ages, young));
        return add({.kind = price_line_kind::tax,
                    .description = std::format("{}, {}, {}", tax.name, count_of(persons, "person"),
                                               first.empty() ? count_of(nights, "night") : first.substr(2)),
                    .name = tax.name,
                    .quantity = persons * nights,
                    .unit_price = tax.per_person_night,
                    .amount = *tax.per_person_night * persons * nights});
    }

public:
    invoice(const rates& r, date_range stay, const party& who, given_back back)
        : r_{r}, stay_{stay}, who_{who}, back_{back}, p_{}
    {}

    stay_price write(market_fees fees) &&
    {
        const auto nights = add_nights();
        p_.accommodation = nights + add_discount(nights);
        p_.accommodation += add_extra_guests();
        p_.accommodation += add_cleaning();
        p_.guest_fee = add_share(price_line_kind::guest_fee, "Service fee", fees.guest_bp);
        p_.tax = add_share(price_line_kind::tax, "Taxes", r_.tax_basis_points);
        if (const auto* rule = rules())
            for (const auto& tax : rule->taxes) p_.tax += add_tax(tax);
        p_.total = p_.accommodation + p_.guest_fee + p_.tax;
        p_.host_fee = p_.accommodation.basis_points(fees.host_bp);
        return std::move(p_);
    }
};

}  // namespace

night_rate rate_of(const rates& r, date night)
{
    if (r.special)
    {
        const auto& rules = r.special->pricing;
        if (const auto* d = r.special->rule_of(night); d && d->price) return {*d->price, night_rule::date};
        if (const auto* s = r.special->season_of(night); s && s->price) return {*s->price, night_rule::season, s};
        if (rules.weekend_price && std::ranges::contains(rules.weekend, weekday_of(night)))
            return {*rules.weekend_price, night_rule::weekend};
    }
    return {r.nightly_price, night_rule::base};
}

stay_price price_stay(const rates& r, date_range stay, const party& who, market_fees fees, given_back back)
{
    return invoice{r, stay, who, back}.write(fees);
}

}  // namespace roost::calendar
