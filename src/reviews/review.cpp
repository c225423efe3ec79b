#include "reviews/review.hpp"

namespace roost::reviews {

instant closing_of(date check_out, const time_zone& zone)
{
    return zone.at(check_out + std::chrono::days{15}, std::chrono::minutes{0});
}

result<void> check_for(direction d, const sub_ratings& stars)
{
    if (d == direction::guest_to_property) return {};
    error bad{errc::invalid_input, "This is asked about properties only.", {}, {}};
    const auto refuse = [&](const std::optional<int>& given, std::string pointer) {
        if (given) bad.fields.push_back({std::move(pointer), "invalid", "is asked about properties only"});
    };
    refuse(stars.accuracy, "/accuracy");
    refuse(stars.check_in, "/check_in");
    refuse(stars.location, "/location");
    refuse(stars.value, "/value");
    if (bad.fields.empty()) return {};
    return std::unexpected{std::move(bad)};
}

}  // namespace roost::reviews
