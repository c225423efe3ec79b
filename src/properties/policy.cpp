#include "properties/policy.hpp"

#include <format>

namespace roost {

result<void> check(const cancellation_terms& terms, std::string_view pointer)
{
    error bad{errc::invalid_input, "a guest would gain by waiting", {}, {}};
    const auto add = [&](std::string_view where, std::string detail) {
        bad.fields.push_back({std::format("{}{}", pointer, where), "bounds", std::move(detail)});
    };
    const auto& tiers = terms.tiers;
    for (std::size_t i = 1; i < tiers.size(); ++i)
    {
        if (tiers[i].days_before >= tiers[i - 1].days_before)
            add(std::format("/tiers/{}/days_before", i), "must be less than in the tier before");
        if (tiers[i].refund_basis_points > tiers[i - 1].refund_basis_points)
            add(std::format("/tiers/{}/refund_basis_points", i), "must not be more than in the tier before");
    }
    // However long the stay, the late rule gives back at most what it leaves of the rest.
    if (!tiers.empty() && 10'000 - terms.late.kept_rest_basis_points > tiers.back().refund_basis_points)
        add("/late/kept_rest_basis_points", "must keep at least what the last tier keeps");
    if (bad.fields.empty()) return {};
    return std::unexpected{std::move(bad)};
}

}  // namespace roost
