#pragma once
#include <optional>
#include <string>
#include <vector>

#include "properties/property.hpp"

namespace roost::search {

/// A property as a list of results shows it.
struct property_summary
{
    property_id id;
    user_id host_id;
    std::string title;
    roost::property_type property_type = roost::property_type::other;
    roost::room_type room_type = roost::room_type::entire_home;
    postal_address address;
    geo_point location;
    money nightly_price;
    std::optional<money> cleaning_fee, total_price;
    std::optional<std::int64_t> distance_m;
    int capacity = 1, bedrooms = 0, beds = 1;
    double bathrooms = 1;
    std::vector<std::string> amenities, images;
    roost::booking_mode booking_mode = roost::booking_mode::request;
    roost::payment_mode payment_mode = roost::payment_mode::on_arrival;
    roost::cancellation_policy cancellation_policy = roost::cancellation_policy::flexible;
    std::optional<double> rating;
    int rating_count = 0;
    int version = 1;

    static constexpr auto fields = schema::fields(
        field<&property_summary::id>("id", "Its id."), field<&property_summary::host_id>("host_id", "Who offers it."),
        field<&property_summary::title>("title", "Headline."),
        field<&property_summary::property_type>("property_type", "What kind of building it is."),
        field<&property_summary::room_type>("room_type", "What of it the guest gets."),
        field<&property_summary::address>("address", "Where it is, in words."),
        field<&property_summary::location>("location", "Where it is on the map."),
        field<&property_summary::nightly_price>("nightly_price", "Price of one night."),
        field<&property_summary::cleaning_fee>("cleaning_fee", "Added once per stay."),
        field<&property_summary::total_price>("total_price",
                                              "Of the whole stay with all fees and taxes, when dates were given."),
        field<&property_summary::distance_m>("distance_m", "Metres from `near`, when that was given."),
        field<&property_summary::capacity>("capacity", "Guests that can sleep here."),
        field<&property_summary::bedrooms>("bedrooms", "Bedrooms."), field<&property_summary::beds>("beds", "Beds."),
        field<&property_summary::bathrooms>("bathrooms", "Bathrooms; a half has no bath."),
        field<&property_summary::amenities>("amenities", "Codes of the amenity vocabulary."),
        field<&property_summary::images>("images", "URLs, in the order they are shown."),
        field<&property_summary::booking_mode>("booking_mode", "Whether a booking waits for the host's word."),
        field<&property_summary::payment_mode>("payment_mode", "When the guest pays."),
        field<&property_summary::cancellation_policy>("cancellation_policy", "What a cancelling guest gets back."),
        field<&property_summary::rating>("rating", schema::example{"4.87"}, "Average stars; null: no reviews yet."),
        field<&property_summary::rating_count>("rating_count", "Reviews counted."),
        field<&property_summary::version>("version", "Of the property."));
};

/// A row of results: what is shown, and where it stands in the order.
struct found
{
    property_id id;
    std::int64_t key = 0;
    property_summary summary;

    static constexpr auto fields = schema::fields(field<&found::id>("id", ""), field<&found::key>("key", ""),
                                                  field<&found::summary>("summary", ""));
};

}  // namespace roost::search
