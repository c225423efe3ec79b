#include "bookings/offers.hpp"

#include <format>

#include "bookings/cancellation.hpp"
#include "calendar/stays.hpp"

namespace roost::bookings {

std::optional<error> refusal_of(const house& h, date check_in, date check_out, int guests, instant now)
{
    auto refused = calendar::refusal(h.rules, h.special ? &*h.special : nullptr, h.time_zone,
                                     date_range{check_in, check_out}, now);
    const auto add = [&](std::string pointer, std::string detail) {
        if (!refused) refused = error{errc::invalid_input, "The property does not take this stay.", {}, {}};
        refused->fields.push_back({std::move(pointer), "stay_rule", std::move(detail)});
    };
    if (guests > h.capacity) add("/guests", std::format("at most {} guests", h.capacity));
    const bool today = check_in == h.time_zone.day_of(now);
    if (today && h.booking_mode == booking_mode::request && h.starts(check_in) <= now)
        add("/check_in", "the host cannot answer a request before check-in");
    return refused;
}

stored_price price_of(const asked_property& p, const new_quote& asked, const cancellation_terms& terms, const market& m)
{
    const date_range stay{asked.check_in, asked.check_out};
    const calendar::rates rates{*p.nightly_price, *p.cleaning_fee, p.tax_bp, p.house.special};
    auto s = calendar::price_stay(rates, stay, {asked.guests, asked.child_ages}, {m.guest_fee_bp, m.host_fee_bp},
                                  given_back_by(terms, stay.nights()));
    const auto payout = s.host_payout();
    return {std::move(s.lines), s.accommodation, s.guest_fee, s.tax, s.total, payout};
}

std::optional<error> fault_of(const new_quote& asked)
{
    error bad{errc::invalid_input, "some fields are not acceptable", {}, {}};
    if (asked.check_out <= asked.check_in) bad.fields.push_back({"/check_out", "bounds", "must be after check_in"});
    if (asked.child_ages.size() >= static_cast<std::size_t>(asked.guests))
        bad.fields.push_back({"/child_ages", "bounds", "one of the guests has to be grown up"});
    for (std::size_t i = 0; i < asked.child_ages.size(); ++i)
        if (asked.child_ages[i] < 0 || asked.child_ages[i] > 17)
            bad.fields.push_back({std::format("/child_ages/{}", i), "bounds", "must be between 0 and 17"});
    return bad.fields.empty() ? std::nullopt : std::optional{std::move(bad)};
}

}  // namespace roost::bookings
