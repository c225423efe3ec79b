#pragma once
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "calendar/price.hpp"

/// What callers send and get about prices and rules by date.
namespace roost::calendar {

using schema::patch;

/// Why nobody can book a night, whatever the length of the stay.
enum class closed_reason
{
    past,
    booked,
    held,
    closed,
    imported,
    preparation,
    notice,
    window,
};
constexpr auto names_of(closed_reason)
{
    return std::to_array<std::string_view>(
        {"past", "booked", "held", "closed", "imported", "preparation", "notice", "window"});
}

struct calendar_night
{
    roost::date date;
    std::optional<money> price;
    std::optional<night_rule> rule;
    int min_nights = 1, max_nights = longest_stay;
    bool closed_to_arrival = false, closed_to_departure = false, available = true;
    std::optional<closed_reason> reason;
    std::optional<booking_id> booking;

    static constexpr auto fields = schema::fields(
        field<&calendar_night::date>("date", schema::example{R"("2027-03-05")"}, "The day on which the night begins."),
        field<&calendar_night::price>("price", "Of the night, before discounts for long stays."),
        field<&calendar_night::rule>("rule", "What set the price."),
        field<&calendar_night::min_nights>("min_nights", "Shortest stay of those who arrive that day."),
        field<&calendar_night::max_nights>("max_nights", "Longest stay of those who arrive that day."),
        field<&calendar_night::closed_to_arrival>("closed_to_arrival", "Whether nobody arrives that day."),
        field<&calendar_night::closed_to_departure>("closed_to_departure", "Whether nobody departs that day."),
        field<&calendar_night::available>("available", "Whether the night is free and can be asked for."),
        field<&calendar_night::reason>(
            "reason",
            "Why not: past, booked or held by somebody, closed by the host, imported from another calendar, needed for "
            "preparation, within the advance notice, or later than the last arrival the booking window takes."),
        field<&calendar_night::booking>("booking_id", "Whose it is; shown to the host only."));
};

struct property_calendar
{
    property_id property;
    date from, to;
    std::vector<calendar_night> nights;

    static constexpr auto fields = schema::fields(field<&property_calendar::property>("property_id", "Which property."),
                                                  field<&property_calendar::from>("from", "First night."),
                                                  field<&property_calendar::to>("to", "Day after the last."),
                                                  field<&property_calendar::nights>("nights", "Each night, in order."));
};

struct calendar_edit
{
    date from, to;
    std::vector<weekday> weekdays;
    patch<std::optional<money>> price;
    patch<std::optional<int>> min_nights, max_nights;
    patch<std::optional<bool>> closed_to_arrival, closed_to_departure;
    std::optional<bool> closed;

    static constexpr auto fields = schema::fields(
        field<&calendar_edit::from>("from", schema::example{R"("2027-03-05")"}, "First night."),
        field<&calendar_edit::to>("to", schema::example{R"("2027-03-09")"}, "Day after the last."),
        field<&calendar_edit::weekdays>("weekdays", schema::at_most{7}, schema::defaulted,
                                        schema::example{R"(["friday", "saturday"])"},
                                        "Only the nights of these weekdays; all when empty."),
        field<&calendar_edit::price>("price", schema::positive, "Of a night; null: as without."),
        field<&calendar_edit::min_nights>("min_nights", schema::between{1, longest_stay}, schema::example{"2"},
                                          "Shortest stay of those who arrive then; null: as without."),
        field<&calendar_edit::max_nights>("max_nights", schema::between{1, longest_stay},
                                          "Longest stay of those who arrive then; null: as without."),
        field<&calendar_edit::closed_to_arrival>("closed_to_arrival", "Whether nobody arrives; null: as without."),
        field<&calendar_edit::closed_to_departure>("closed_to_departure", "Whether nobody departs; null: as without."),
        field<&calendar_edit::closed>("closed", "true closes the nights, false opens what was closed or imported."));
};

struct calendar_edits
{
    std::vector<calendar_edit> edits;

    static constexpr auto fields = schema::fields(field<&calendar_edits::edits>(
        "edits", schema::length{1, 100}, "Done in order, all or none; the last that speaks of a night counts."));
};

struct calendar_edited
{
    int nights, rules_version;

    static constexpr auto fields = schema::fields(
        field<&calendar_edited::nights>("nights", schema::example{"4"}, "How many nights the edits speak of."),
        field<&calendar_edited::rules_version>("rules_version", "Of the property's prices and rules by date."));
};

struct property_pricing
{
    property_id property;
    std::optional<money> nightly_price, cleaning_fee;
    int tax_basis_points;
    pricing rules;
    int version;

    static constexpr auto fields = schema::fields(
        field<&property_pricing::property>("property_id", "Which property."),
        field<&property_pricing::nightly_price>("nightly_price", "The property's own, where no rule says otherwise."),
        field<&property_pricing::cleaning_fee>("cleaning_fee", "Once per stay."),
        field<&property_pricing::tax_basis_points>("tax_basis_points", "Beside the taxes of the rules."),
        field<&property_pricing::rules>("rules", "What was set beyond those."),
        field<&property_pricing::version>(
            "version", "Grows with every change of prices or rules by date; the ETag. Quotes of others are void."));
};

}  // namespace roost::calendar
