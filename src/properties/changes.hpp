#pragma once
#include <optional>
#include <string>
#include <vector>

#include "properties/property.hpp"

namespace roost {

using schema::patch;

/// "15:00".
extern const schema::text_format time_of_day_format;
/// ISO 3166-1 alpha-2, upper case.
extern const schema::text_format country_format;

struct address_changes
{
    patch<std::string> line, city, region, country, postcode;

    static constexpr auto fields = schema::fields(
        field<&address_changes::line>("line", schema::at_most{200}, "Street and house number."),
        field<&address_changes::city>("city", schema::at_most{100}, schema::example{R"("Lisbon")"}, "City or town."),
        field<&address_changes::region>("region", schema::at_most{100}, "State, province or district."),
        field<&address_changes::country>("country", schema::matches{country_format}, schema::example{R"("PT")"},
                                         "ISO 3166-1 alpha-2 code."),
        field<&address_changes::postcode>("postcode", schema::at_most{20}, "As the country writes it."));
};

struct location_changes
{
    patch<std::optional<double>> latitude, longitude;

    static constexpr auto fields =
        schema::fields(field<&location_changes::latitude>("latitude", schema::between{-90, 90},
                                                          schema::example{"38.7139"}, "Degrees north."),
                       field<&location_changes::longitude>("longitude", schema::between{-180, 180},
                                                           schema::example{"-9.1334"}, "Degrees east."));
};

struct stay_rule_changes
{
    patch<int> min_nights, max_nights, advance_notice_days, same_day_cutoff_hour, preparation_nights,
        booking_window_days;
    patch<std::vector<weekday>> closed_to_arrival, closed_to_departure;

    static constexpr auto fields = schema::fields(
        field<&stay_rule_changes::min_nights>("min_nights", schema::between{1, longest_stay}, "Shortest stay."),
        field<&stay_rule_changes::max_nights>("max_nights", schema::between{1, longest_stay}, "Longest stay."),
        field<&stay_rule_changes::advance_notice_days>("advance_notice_days", schema::between{0, 365},
                                                       "Days between booking and arrival, at least."),
        field<&stay_rule_changes::same_day_cutoff_hour>("same_day_cutoff_hour", schema::between{0, 24},
                                                        "Arrivals on the day of booking are taken before this hour."),
        field<&stay_rule_changes::preparation_nights>("preparation_nights", schema::between{0, 2},
                                                      "Nights kept free after every stay."),
        field<&stay_rule_changes::booking_window_days>("booking_window_days", schema::between{1, 1095},
                                                       "Arrivals at most this many days ahead."),
        field<&stay_rule_changes::closed_to_arrival>("closed_to_arrival", schema::at_most{7},
                                                     "Weekdays on which nobody arrives."),
        field<&stay_rule_changes::closed_to_departure>("closed_to_departure", schema::at_most{7},
                                                       "Weekdays on which nobody departs."));
};

/// What a host may set, each part or none: the body of a creation and of a merge patch alike (RFC 7396).
struct property_changes
{
    patch<property_status> status;
    patch<std::string> title, description;
    patch<roost::property_type> property_type;
    patch<roost::room_type> room_type;
    patch<address_changes> address;
    patch<location_changes> location;
    patch<std::optional<roost::time_zone>> time_zone;
    patch<std::optional<money>> nightly_price, cleaning_fee;
    patch<int> tax_basis_points, capacity, bedrooms, beds;
    patch<double> bathrooms;
    patch<std::vector<std::string>> amenities, images;
    patch<std::string> house_rules;
    patch<roost::cancellation_policy> cancellation_policy;
    patch<std::optional<policy_id>> cancellation_policy_id;
    patch<roost::booking_mode> booking_mode;
    patch<bool> request_holds;
    patch<roost::payment_mode> payment_mode;
    patch<std::string> check_in_time, check_out_time;
    patch<stay_rule_changes> stay_rules;

    static constexpr auto fields = schema::fields(
        field<&property_changes::status>("status", schema::example{R"("draft")"},
                                         "listed: public and bookable, once complete; unlisted: neither."),
        field<&property_changes::title>("title", schema::length{3, 120},
                                        schema::example{R"("Bright flat above the old harbour")"},
                                        "Headline shown in search results."),
        field<&property_changes::description>("description", schema::at_most{10'000}, "What a guest should know."),
        field<&property_changes::property_type>("property_type", "What kind of building it is."),
        field<&property_changes::room_type>("room_type", "What of it the guest gets."),
        field<&property_changes::address>("address", "Where it is, in words."),
        field<&property_changes::location>("location", "Where it is on the map; both or neither."),
        field<&property_changes::time_zone>("time_zone", schema::example{R"("Europe/Lisbon")"},
                                            "IANA zone; derived from the location when left out or null."),
        field<&property_changes::nightly_price>("nightly_price", schema::positive, "Price of one night."),
        field<&property_changes::cleaning_fee>("cleaning_fee", schema::not_negative,
                                               "Added once per stay; in the currency of the price."),
        field<&property_changes::tax_basis_points>("tax_basis_points", schema::between{0, 10'000},
                                                   "Taxes, in hundredths of a percent of the stay."),
        field<&property_changes::capacity>("capacity", schema::between{1, 50}, schema::example{"4"},
                                           "Guests that can sleep here."),
        field<&property_changes::bedrooms>("bedrooms", schema::between{0, 100}, "Bedrooms."),
        field<&property_changes::beds>("beds", schema::between{0, 200}, "Beds."),
        field<&property_changes::bathrooms>("bathrooms", schema::between{0, 100}, schema::example{"1.5"},
                                            "Bathrooms, in halves."),
        field<&property_changes::amenities>("amenities", schema::at_most{100},
                                            schema::example{R"(["wifi", "kitchen"])"},
                                            "Codes of the amenity vocabulary."),
        field<&property_changes::images>("images", schema::at_most{50},
                                         "URLs (http or https), in the order they are shown."),
        field<&property_changes::house_rules>("house_rules", schema::at_most{5'000}, "What is asked of guests."),
        field<&property_changes::cancellation_policy>("cancellation_policy", schema::example{R"("moderate")"},
                                                      "What a cancelling guest gets back."),
        field<&property_changes::cancellation_policy_id>("cancellation_policy_id", schema::example{"null"},
                                                         "One of the host's own policies, which makes it custom."),
        field<&property_changes::booking_mode>("booking_mode", "Whether a booking waits for the host's word."),
        field<&property_changes::request_holds>("request_holds",
                                                "Whether a request keeps its nights from others until it is answered."),
        field<&property_changes::payment_mode>("payment_mode", "When the guest pays."),
        field<&property_changes::check_in_time>("check_in_time", schema::matches{time_of_day_format},
                                                schema::example{R"("15:00")"}, "From when, wall clock there."),
        field<&property_changes::check_out_time>("check_out_time", schema::matches{time_of_day_format},
                                                 schema::example{R"("11:00")"}, "Until when, wall clock there."),
        field<&property_changes::stay_rules>("stay_rules", "Which stays are taken."));
};

/// Merges the changes and derives the time zone where it is not stated. Refused, with every fault at once, when the
/// result contradicts itself, or is listed without what a listed property needs. errc::wrong_state when the status
/// cannot become what is asked: draft → listed ⇄ unlisted.
result<void> apply(property& p, const property_changes& changes);

}  // namespace roost
