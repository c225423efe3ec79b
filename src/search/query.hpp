#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "properties/property.hpp"

namespace roost::search {

/// What results are ordered by; ties by id. Distance, newest and relevance know one direction only.
enum class ordering
{
    price,
    price_desc,
    total,
    total_desc,
    rating,
    rating_desc,
    distance,
    newest,
    relevance,
};
constexpr auto names_of(ordering)
{
    return std::to_array<std::string_view>(
        {"price", "-price", "total", "-total", "rating", "-rating", "distance", "newest", "relevance"});
}

/// The parameters of a search, as they arrive.
struct query
{
    std::optional<std::string> q, city, country;
    std::vector<double> bbox, near;
    std::optional<double> radius_km;
    std::optional<date> check_in, check_out;
    std::optional<int> guests;
    std::vector<int> child_ages;
    std::optional<std::int64_t> price_min, price_max, total_min, total_max;
    std::optional<roost::currency> currency;
    std::vector<std::string> amenities;
    std::vector<roost::property_type> property_type;
    std::vector<roost::room_type> room_type;
    std::optional<int> bedrooms_min, beds_min;
    std::optional<double> bathrooms_min, rating_min;
    std::optional<bool> instant_book;
    std::optional<user_id> host;
    std::optional<search::ordering> ordering;
    int limit = 20;
    std::optional<std::string> cursor;
    bool count = false;

    static constexpr auto fields = schema::fields(
        field<&query::q>("q", schema::length{1, 200}, schema::example{R"("harbour flat")"},
                         "All of these words anywhere, or a title or place like it."),
        field<&query::city>("city", schema::length{1, 100}, schema::example{R"("Lisbon")"},
                            "City, without regard to case and accents."),
        field<&query::country>("country", schema::length{2, 2}, schema::example{R"("PT")"}, "ISO 3166-1 alpha-2 code."),
        field<&query::bbox>("bbox", schema::at_most{4}, schema::defaulted,
                            schema::example{R"([-9.2, 38.7, -9.1, 38.8])"},
                            "west,south,east,north in degrees; west > east spans the antimeridian."),
        field<&query::near>("near", schema::at_most{2}, schema::defaulted, schema::example{R"([38.71, -9.13])"},
                            "lat,lng in degrees: only places within radius_km, each with its distance."),
        field<&query::radius_km>("radius_km", schema::between{0, 500}, "Around `near`; 10 when left out."),
        field<&query::check_in>("check_in", schema::example{R"("2026-12-24")"},
                                "With check_out: only what can be booked for these nights, with the stay's total."),
        field<&query::check_out>("check_out", schema::example{R"("2026-12-27")"}, "The day of departure."),
        field<&query::guests>("guests", schema::between{1, 50}, schema::example{"2"},
                              "People to sleep; totals are for one when left out."),
        field<&query::child_ages>("child_ages", schema::at_most{49}, schema::defaulted, schema::example{"[7]"},
                                  "Ages (0 to 17) of the children among them: some taxes are not for children."),
        field<&query::price_min>("price_min", schema::not_negative, "Per night, minor units of `currency`."),
        field<&query::price_max>("price_max", schema::not_negative, "Per night, minor units of `currency`."),
        field<&query::total_min>("total_min", schema::between{0, std::int64_t{1} << 60},
                                 "Of the stay, minor units of `currency`; needs dates."),
        field<&query::total_max>("total_max", schema::between{0, std::int64_t{1} << 60},
                                 "Of the stay, minor units of `currency`; needs dates."),
        field<&query::currency>("currency", schema::example{R"("EUR")"},
                                "Only prices in it. Amounts compare within one currency: filters and orderings by "
                                "price or total need it."),
        field<&query::amenities>("amenities", schema::at_most{30}, schema::defaulted,
                                 schema::example{R"(["wifi", "kitchen"])"}, "All of these."),
        field<&query::property_type>("property_type", schema::at_most{60}, schema::defaulted, "Any of these."),
        field<&query::room_type>("room_type", schema::at_most{10}, schema::defaulted, "Any of these."),
        field<&query::bedrooms_min>("bedrooms_min", schema::between{0, 100}, "At least."),
        field<&query::beds_min>("beds_min", schema::between{0, 200}, "At least."),
        field<&query::bathrooms_min>("bathrooms_min", schema::between{0, 100}, "At least."),
        field<&query::rating_min>("rating_min", schema::between{0, 5}, "Average stars, at least."),
        field<&query::instant_book>("instant_book", "Whether a booking is confirmed at once."),
        field<&query::host>("host", "Only this host's."),
        field<&query::ordering>("ordering",
                                "Best relevance when `q` is given, nearest when `near` is, newest otherwise."),
        field<&query::limit>("limit", schema::between{1, 100}, schema::defaulted, "Results on a page."),
        field<&query::cursor>("cursor", schema::at_most{100}, "From `next` or `previous`."),
        field<&query::count>("count", schema::defaulted, "Whether to count all results."));
};

/// West to east, degrees; west > east spans the antimeridian.
struct box
{
    double west, south, east, north;

    bool operator==(const box&) const = default;
};

/// Whether the parameters make sense together; every fault at once. Settles the ordering.
result<void> settle(query& q);

/// What a cursor is bound to: the same for the same results in the same order.
std::string name_of_list(const query& q);

/// The smallest box around all points within `metres` of a place.
box around(double latitude, double longitude, double metres);

}  // namespace roost::search
