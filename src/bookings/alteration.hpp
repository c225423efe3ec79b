#pragma once
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bookings/booking.hpp"
#include "bookings/resources.hpp"

/// Proposals to change the nights or guests of a booking (domain rules, 4.1): one side proposes, the other answers.
namespace roost::bookings {

enum class alteration_status
{
    open,
    accepted,
    declined,
    cancelled,
    expired,
};
constexpr auto names_of(alteration_status)
{
    return std::to_array<std::string_view>({"open", "accepted", "declined", "cancelled", "expired"});
}

/// How long the other side has to answer.
inline constexpr std::chrono::hours time_to_answer{24};
/// Of one booking, ever: keeps its list short.
inline constexpr std::size_t most_alterations = 50;

struct new_alteration
{
    std::optional<date> check_in, check_out;
    std::optional<int> guests;
    std::optional<std::vector<int>> child_ages;
    std::string reason;

    static constexpr auto fields = schema::fields(
        field<&new_alteration::check_in>("check_in", schema::example{R"("2027-03-06")"},
                                         "First night; as it is when absent."),
        field<&new_alteration::check_out>("check_out", schema::example{R"("2027-03-10")"},
                                          "Day of departure; as it is when absent."),
        field<&new_alteration::guests>("guests", schema::between(1, 50), schema::example{"2"},
                                       "How many people stay; as many as now when absent."),
        field<&new_alteration::child_ages>("child_ages", schema::at_most{49}, schema::example{"[]"},
                                           "Ages (0 to 17) of the children among them; as now when absent."),
        field<&new_alteration::reason>("reason", schema::at_most(500), schema::defaulted,
                                       schema::example{R"("Our train goes a day later.")"},
                                       "Shown to the other side."));
};

/// One side of a change: how the booking was, or would be.
struct altered_stay
{
    date check_in, check_out;
    int guests;
    std::vector<int> child_ages;
    bookings::price price;

    static constexpr auto fields =
        schema::fields(field<&altered_stay::check_in>("check_in", "First night."),
                       field<&altered_stay::check_out>("check_out", "Day of departure."),
                       field<&altered_stay::guests>("guests", "How many people stay."),
                       field<&altered_stay::child_ages>("child_ages", "Ages of the children among them."),
                       field<&altered_stay::price>("price", "What it costs, line by line."));
};

struct alteration
{
    alteration_id id;
    booking_id booking;
    alteration_status status;
    actor proposed_by;
    std::string reason;
    std::optional<actor> answered_by;
    std::string answer;
    altered_stay before, after;
    money difference;
    instant expires_at, created_at, updated_at;

    static constexpr auto fields = schema::fields(
        field<&alteration::id>("id", "Its id."), field<&alteration::booking>("booking_id", "Which booking."),
        field<&alteration::status>("status", "What became of it."),
        field<&alteration::proposed_by>("proposed_by", "Who wants it."),
        field<&alteration::reason>("reason", "Why, in their words."),
        field<&alteration::answered_by>("answered_by", "Who ended it; null: nobody yet, or time."),
        field<&alteration::answer>("answer", "What they said."),
        field<&alteration::before>("before", "The booking as it was."),
        field<&alteration::after>("after", "As it would be, at the prices and rules of the day it was proposed."),
        field<&alteration::difference>("difference", "New price less old: above zero is to be paid, below goes back."),
        field<&alteration::expires_at>("expires_at", "Until then it can be answered."),
        field<&alteration::created_at>("created_at", "When it was proposed."),
        field<&alteration::updated_at>("updated_at", "When it last changed."));
};

}  // namespace roost::bookings
