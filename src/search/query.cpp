#include "search/query.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <numbers>

#include "platform/schema/json.hpp"
#include "properties/amenity.hpp"

namespace roost::search {
namespace {

struct faults
{
    error all{errc::invalid_input, "these parameters make no search", {}, {}};

    void unless(bool good, std::string_view parameter, std::string_view code, std::string_view detail)
    {
        if (!good) all.fields.push_back({std::string{parameter}, code, std::string{detail}});
    }
};

bool within(double value, double low, double high) { return low <= value && value <= high; }

void check_places(const query& q, faults& bad)
{
    if (const auto& b = q.bbox; !b.empty())
    {
        bad.unless(b.size() == 4 && within(b[0], -180, 180) && within(b[2], -180, 180) && within(b[1], -90, 90)
                       && within(b[3], -90, 90) && b[1] <= b[3],
                   "bbox", "format", "must be west,south,east,north in degrees, south below north");
    }
    if (const auto& n = q.near; !n.empty())
    {
        bad.unless(n.size() == 2 && within(n[0], -90, 90) && within(n[1], -180, 180), "near", "format",
                   "must be lat,lng in degrees");
    }
    bad.unless(!q.radius_km || !q.near.empty(), "radius_km", "requires", "needs near");
    bad.unless(!q.radius_km || *q.radius_km > 0, "radius_km", "bounds", "must be more than 0");
}

void check_stay(const query& q, faults& bad)
{
    bad.unless(q.check_in.has_value() || !q.check_out, "check_in", "required", "goes with check_out");
    bad.unless(q.check_out.has_value() || !q.check_in, "check_out", "required", "goes with check_in");
    if (q.check_in && q.check_out)
    {
        const auto nights = (*q.check_out - *q.check_in).count();
        bad.unless(nights >= 1, "check_out", "bounds", "must be after check_in");
        bad.unless(nights <= longest_stay, "check_out", "bounds",
                   std::format("must be at most {} nights after check_in", longest_stay));
    }
    bad.unless(q.child_ages.size() < static_cast<std::size_t>(q.guests.value_or(1)) || q.child_ages.empty(),
               "child_ages", "bounds", "one of the guests has to be grown up");
    bad.unless(std::ranges::all_of(q.child_ages, [](int age) { return age >= 0 && age <= 17; }), "child_ages", "bounds",
               "must be ages between 0 and 17");
    const bool dated = q.check_in || q.check_out;
    bad.unless(dated || !q.total_min, "total_min", "requires", "needs check_in and check_out");
    bad.unless(dated || !q.total_max, "total_max", "requires", "needs check_in and check_out");
}

void check_order(const query& q, faults& bad)
{
    using enum ordering;
    const auto by = *q.ordering;
    const bool by_total = by == total || by == total_desc;
    const bool by_amount = by_total || by == price || by == price_desc;
    bad.unless(q.currency || !(by_amount || q.price_min || q.price_max || q.total_min || q.total_max), "currency",
               "required", "amounts compare within one currency only");
    bad.unless(!by_total || (q.check_in && q.check_out), "ordering", "requires", "total needs check_in and check_out");
    bad.unless(by != distance || !q.near.empty(), "ordering", "requires", "distance needs near");
    bad.unless(by != relevance || q.q, "ordering", "requires", "relevance needs q");
}

ordering usual_order(const query& q)
{
    if (q.q) return ordering::relevance;
    return q.near.empty() ? ordering::newest : ordering::distance;
}

}  // namespace

result<void> settle(query& q)
{
    if (!q.ordering) q.ordering = usual_order(q);
    faults bad;
    check_places(q, bad);
    check_stay(q, bad);
    check_order(q, bad);
    for (const auto& code : q.amenities)
        bad.unless(is_amenity(code), "amenities", "unknown",
                   std::format("there is no amenity '{}'", code.substr(0, 60)));
    if (!bad.all.fields.empty()) return std::unexpected{std::move(bad.all)};
    return {};
}

std::string name_of_list(const query& q)
{
    query same = q;
    same.cursor.reset();
    same.limit = 20;
    same.count = false;
    return schema::to_json(same);
}

box around(double latitude, double longitude, double metres)
{
    constexpr double earth = 6'371'008.7714;  // metres, mean radius, as PostGIS has it
    constexpr double degree = std::numbers::pi / 180;
    const double angle = metres / earth * 1.000001 + 1e-9;  // a little more: the box only has to hold the circle
    const double south = latitude - angle / degree, north = latitude + angle / degree;
    // A circle over a pole has every longitude.
    if (south <= -90 || north >= 90) return {-180, std::max(south, -90.0), 180, std::min(north, 90.0)};
    // The meridians that touch the circle do so where sin(dlng) = sin(angle) / cos(latitude).
    const double reach = std::asin(std::min(1.0, std::sin(angle) / std::cos(latitude * degree))) / degree;
    if (reach >= 180) return {-180, south, 180, north};
    const auto wrapped = [](double lng) { return lng < -180 ? lng + 360 : lng > 180 ? lng - 360 : lng; };
    return {wrapped(longitude - reach), south, wrapped(longitude + reach), north};
}

}  // namespace roost::search
