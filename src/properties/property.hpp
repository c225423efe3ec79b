#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/enums.hpp"
#include "core/error.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "platform/schema/schema.hpp"

namespace roost {

enum class property_status
{
    draft,
    listed,
    unlisted,
    deleted
};
enum class property_type
{
    apartment,
    condominium,
    serviced_apartment,
    aparthotel,
    loft,
    house,
    townhouse,
    villa,
    bungalow,
    cottage,
    cabin,
    chalet,
    tiny_house,
    guesthouse,
    guest_suite,
    vacation_home,
    hotel,
    boutique_hotel,
    hostel,
    bed_and_breakfast,
    resort,
    nature_lodge,
    farm_stay,
    ranch,
    barn,
    castle,
    riad,
    casa_particular,
    pension,
    minsu,
    earth_house,
    dome,
    treehouse,
    yurt,
    tipi,
    tent,
    campsite,
    camper,
    bus,
    boat,
    houseboat,
    hut,
    cave,
    island,
    shipping_container,
    religious_building,
    other
};
enum class room_type
{
    entire_home,
    private_room,
    shared_room,
    hotel_room
};
enum class booking_mode
{
    at_once,  // "instant"
    request
};
enum class payment_mode
{
    online,
    on_arrival
};
enum class cancellation_policy
{
    flexible,
    moderate,
    limited,
    firm,
    strict,
    non_refundable,
    custom  // the host's own: property.cancellation_policy_id
};
/// In ISO order: std::chrono::weekday::iso_encoding() - 1.
enum class weekday
{
    monday,
    tuesday,
    wednesday,
    thursday,
    friday,
    saturday,
    sunday
};

constexpr auto names_of(property_status)
{
    return std::to_array<std::string_view>({"draft", "listed", "unlisted", "deleted"});
}
constexpr auto names_of(property_type)
{
    return std::to_array<std::string_view>({"apartment",
                                            "condominium",
                                            "serviced_apartment",
                                            "aparthotel",
                                            "loft",
                                            "house",
                                            "townhouse",
                                            "villa",
                                            "bungalow",
                                            "cottage",
                                            "cabin",
                                            "chalet",
                                            "tiny_house",
                                            "guesthouse",
                                            "guest_suite",
                                            "vacation_home",
                                            "hotel",
                                            "boutique_hotel",
                                            "hostel",
                                            "bed_and_breakfast",
                                            "resort",
                                            "nature_lodge",
                                            "farm_stay",
                                            "ranch",
                                            "barn",
                                            "castle",
                                            "riad",
                                            "casa_particular",
                                            "pension",
                                            "minsu",
                                            "earth_house",
                                            "dome",
                                            "treehouse",
                                            "yurt",
                                            "tipi",
                                            "tent",
                                            "campsite",
                                            "camper",
                                            "bus",
                                            "boat",
                                            "houseboat",
                                            "hut",
                                            "cave",
                                            "island",
                                            "shipping_container",
                                            "religious_building",
                                            "other"});
}
constexpr auto names_of(room_type)
{
    return std::to_array<std::string_view>({"entire_home", "private_room", "shared_room", "hotel_room"});
}
constexpr auto names_of(booking_mode) { return std::to_array<std::string_view>({"instant", "request"}); }
constexpr auto names_of(payment_mode) { return std::to_array<std::string_view>({"online", "on_arrival"}); }
constexpr auto names_of(cancellation_policy)
{
    return std::to_array<std::string_view>(
        {"flexible", "moderate", "limited", "firm", "strict", "non_refundable", "custom"});
}
constexpr auto names_of(weekday)
{
    return std::to_array<std::string_view>(
        {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"});
}
static_assert(enum_names<property_type>.size() == static_cast<std::size_t>(property_type::other) + 1);

/// No stay is longer, whatever a host allows: keeps every total inside int64 and every search bounded.
inline constexpr int longest_stay = 730;

using schema::field;
using policy_id = id<struct policy_tag>;

struct postal_address
{
    std::string line, city, region;
    std::string country;  // ISO 3166-1 alpha-2; empty in an unfinished draft
    std::string postcode;

    static constexpr auto fields = schema::fields(
        field<&postal_address::line>("line", "Street and house number."),
        field<&postal_address::city>("city", schema::example{R"("Lisbon")"}, "City or town."),
        field<&postal_address::region>("region", "State, province or district."),
        field<&postal_address::country>("country", schema::example{R"("PT")"}, "ISO 3166-1 alpha-2 code."),
        field<&postal_address::postcode>("postcode", "As the country writes it."));
};

/// WGS 84, degrees. Both or neither.
struct geo_point
{
    std::optional<double> latitude, longitude;

    static constexpr auto fields = schema::fields(
        field<&geo_point::latitude>("latitude", schema::between{-90, 90}, schema::example{"38.7139"}, "Degrees north."),
        field<&geo_point::longitude>("longitude", schema::between{-180, 180}, schema::example{"-9.1334"},
                                     "Degrees east."));
};

/// Which stays a host takes (domain rules, 4.6). "Today" is the property's.
struct stay_rules
{
    int min_nights = 1;
    int max_nights = 365;
    int advance_notice_days = 0;
    int same_day_cutoff_hour = 24;
    int preparation_nights = 0;
    int booking_window_days = 365;
    std::vector<weekday> closed_to_arrival, closed_to_departure;

    static constexpr auto fields = schema::fields(
        field<&stay_rules::min_nights>("min_nights", schema::between{1, longest_stay}, "Shortest stay."),
        field<&stay_rules::max_nights>("max_nights", schema::between{1, longest_stay}, "Longest stay."),
        field<&stay_rules::advance_notice_days>("advance_notice_days", schema::between{0, 365},
                                                "Days between booking and arrival, at least. 0: same day."),
        field<&stay_rules::same_day_cutoff_hour>(
            "same_day_cutoff_hour", schema::between{0, 24},
            "Arrivals on the day of booking are taken before this hour there. 24: until midnight."),
        field<&stay_rules::preparation_nights>("preparation_nights", schema::between{0, 2},
                                               "Nights kept free after every stay."),
        field<&stay_rules::booking_window_days>("booking_window_days", schema::between{1, 1095},
                                                "Arrivals at most this many days ahead."),
        field<&stay_rules::closed_to_arrival>("closed_to_arrival", schema::at_most{7},
                                              "Weekdays on which nobody arrives."),
        field<&stay_rules::closed_to_departure>("closed_to_departure", schema::at_most{7},
                                                "Weekdays on which nobody departs."));
};

/// A property, as stored and as shown. A draft may lack a price, a place and a zone; a listed one never does.
struct property
{
    property_id id;
    user_id host_id;
    property_status status = property_status::draft;
    std::string title, description;
    roost::property_type property_type = roost::property_type::other;
    roost::room_type room_type = roost::room_type::entire_home;
    postal_address address;
    geo_point location;
    std::optional<roost::time_zone> time_zone;
    std::optional<money> nightly_price;
    std::optional<money> cleaning_fee;  // once per stay, in the currency of the price
    int tax_basis_points = 0;
    int capacity = 1, bedrooms = 0, beds = 1;
    double bathrooms = 1;  // in halves
    std::vector<std::string> amenities, images;
    std::string house_rules;
    roost::cancellation_policy cancellation_policy = roost::cancellation_policy::flexible;
    std::optional<policy_id> cancellation_policy_id;  // exactly when it is custom
    roost::booking_mode booking_mode = roost::booking_mode::request;
    bool request_holds = true;
    roost::payment_mode payment_mode = roost::payment_mode::on_arrival;
    std::string check_in_time = "15:00", check_out_time = "11:00";
    roost::stay_rules stay_rules;
    std::optional<double> rating;  // stars, to the hundredth
    int rating_count = 0;
    int version = 1;
    instant created_at, updated_at;

    static constexpr auto fields = schema::fields(
        field<&property::id>("id", "Its id."), field<&property::host_id>("host_id", "Who offers it."),
        field<&property::status>("status", "Only listed properties are public and can be booked."),
        field<&property::title>("title", schema::example{R"("Bright flat above the old harbour")"},
                                "Headline shown in search results."),
        field<&property::description>("description", "What a guest should know."),
        field<&property::property_type>("property_type", "What kind of building it is."),
        field<&property::room_type>("room_type", "What of it the guest gets."),
        field<&property::address>("address", "Where it is, in words."),
        field<&property::location>("location", "Where it is on the map."),
        field<&property::time_zone>("time_zone", schema::example{R"("Europe/Lisbon")"},
                                    "IANA zone; what today and check-in time mean there."),
        field<&property::nightly_price>("nightly_price", "Price of one night."),
        field<&property::cleaning_fee>("cleaning_fee", "Added once per stay."),
        field<&property::tax_basis_points>("tax_basis_points", "Taxes, in hundredths of a percent of the stay."),
        field<&property::capacity>("capacity", schema::example{"4"}, "Guests that can sleep here."),
        field<&property::bedrooms>("bedrooms", "Bedrooms."), field<&property::beds>("beds", "Beds."),
        field<&property::bathrooms>("bathrooms", schema::example{"1.5"}, "Bathrooms; a half has no bath."),
        field<&property::amenities>("amenities", schema::example{R"(["wifi", "kitchen"])"},
                                    "Codes of the amenity vocabulary."),
        field<&property::images>("images", "URLs, in the order they are shown."),
        field<&property::house_rules>("house_rules", "What the host asks of guests."),
        field<&property::cancellation_policy>("cancellation_policy", "What a cancelling guest gets back."),
        field<&property::cancellation_policy_id>("cancellation_policy_id",
                                                 "Which of the host's own policies, when it is custom."),
        field<&property::booking_mode>("booking_mode", "Whether a booking waits for the host's word."),
        field<&property::request_holds>("request_holds",
                                        "Whether a request keeps its nights from others until it is answered."),
        field<&property::payment_mode>("payment_mode", "When the guest pays."),
        field<&property::check_in_time>("check_in_time", schema::example{R"("15:00")"}, "From when, wall clock."),
        field<&property::check_out_time>("check_out_time", schema::example{R"("11:00")"}, "Until when, wall clock."),
        field<&property::stay_rules>("stay_rules", "Which stays are taken."),
        field<&property::rating>("rating", schema::example{"4.87"}, "Average stars; null: no reviews yet."),
        field<&property::rating_count>("rating_count", "Reviews counted."),
        field<&property::version>("version", "Grows with every change; the ETag."),
        field<&property::created_at>("created_at", "When it was created."),
        field<&property::updated_at>("updated_at", "When it last changed."));
};

weekday weekday_of(date day);

/// "15:00" → 15 h. Nothing unless it is HH:MM of a day.
std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text);

/// Why these rules refuse to take a booking of the stay made at `now`, in the property's zone; nothing when they
/// take it. errc::invalid_input with one error per broken rule. Free nights, capacity and rules by date are not looked
/// at (calendar/stays.hpp).
std::optional<error> refusal(const stay_rules& rules, const time_zone& zone, date_range stay, instant now);

}  // namespace roost
