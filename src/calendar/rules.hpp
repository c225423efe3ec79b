#pragma once
#include <optional>
#include <string>
#include <vector>

#include "properties/property.hpp"

/// What a host may say about prices and stays beyond the property's own fields (domain rules, 4.2 and 4.6).
namespace roost::calendar {

using schema::field;
using season_id = id<struct season_tag>;

/// Per person and night; small enough that no product on the way to a total leaves int64.
inline constexpr std::int64_t largest_personal_amount = 1'000'000'000;

/// Off the nights of stays of at least so many nights.
struct length_discount
{
    int min_nights = 7;
    int basis_points = 0;

    static constexpr auto fields = schema::fields(
        field<&length_discount::min_nights>("min_nights", schema::between{2, longest_stay}, schema::example{"7"},
                                            "Of stays of at least so many nights: 7 for a week, 28 for a month."),
        field<&length_discount::basis_points>("basis_points", schema::between{1, 10'000}, schema::example{"1000"},
                                              "Off the price of the nights, in hundredths of a percent."));
};

/// Either a share of nights, extra guests and cleaning, or an amount per person and night.
struct tax_rule
{
    std::string name;
    std::optional<int> basis_points;
    std::optional<money> per_person_night;
    std::optional<int> exempt_under_age, max_nights;

    static constexpr auto fields = schema::fields(
        field<&tax_rule::name>("name", schema::length{1, 60}, schema::example{R"("City tax")"}, "As guests read it."),
        field<&tax_rule::basis_points>("basis_points", schema::between{1, 10'000},
                                       "A share of what the host asks, in hundredths of a percent; or else:"),
        field<&tax_rule::per_person_night>("per_person_night", schema::between{1, largest_personal_amount},
                                           schema::example{R"({"amount": 200, "currency": "EUR"})"},
                                           "An amount for each person and night."),
        field<&tax_rule::exempt_under_age>("exempt_under_age", schema::between{1, 18},
                                           "Children below this age are not counted; of amounts per person only."),
        field<&tax_rule::max_nights>("max_nights", schema::between{1, longest_stay},
                                     "Only the first so many nights of a stay are taxed."));
};

/// Instead of the property's own lengths of stay, for arrivals on that weekday.
struct weekday_rule
{
    roost::weekday weekday = roost::weekday::monday;
    std::optional<int> min_nights, max_nights;

    static constexpr auto fields = schema::fields(
        field<&weekday_rule::weekday>("weekday", schema::example{R"("friday")"}, "Of arrival."),
        field<&weekday_rule::min_nights>("min_nights", schema::between{1, longest_stay}, schema::example{"2"},
                                         "Shortest stay."),
        field<&weekday_rule::max_nights>("max_nights", schema::between{1, longest_stay}, "Longest stay."));
};

/// Everything that is not about dates. Also the document as it is stored.
struct pricing
{
    std::vector<weekday> weekend;
    std::optional<money> weekend_price;
    std::vector<length_discount> length_discounts;
    int included_guests = 1;
    std::optional<money> extra_guest_fee;
    std::vector<tax_rule> taxes;
    std::vector<weekday_rule> weekday_rules;
    bool min_stay_through = false;

    static constexpr auto fields = schema::fields(
        field<&pricing::weekend>("weekend", schema::at_most{7}, schema::defaulted,
                                 schema::example{R"(["friday", "saturday"])"}, "Whose nights cost weekend_price."),
        field<&pricing::weekend_price>("weekend_price", schema::positive, "Price of a night of the weekend."),
        field<&pricing::length_discounts>("length_discounts", schema::at_most{10}, schema::defaulted,
                                          "The largest that applies is taken off the nights, and only that one."),
        field<&pricing::included_guests>("included_guests", schema::between{1, 50}, schema::defaulted,
                                         schema::example{"2"}, "Guests who cost nothing extra."),
        field<&pricing::extra_guest_fee>("extra_guest_fee", schema::between{1, largest_personal_amount},
                                         schema::example{R"({"amount": 1500, "currency": "EUR"})"},
                                         "For each guest beyond those, each night."),
        field<&pricing::taxes>("taxes", schema::at_most{10}, schema::defaulted,
                               "Beside tax_basis_points of the property."),
        field<&pricing::weekday_rules>("weekday_rules", schema::at_most{7}, schema::defaulted,
                                       "Lengths of stay by weekday of arrival."),
        field<&pricing::min_stay_through>(
            "min_stay_through", schema::defaulted,
            "Whether the shortest stay of every night of a stay counts, not only that of the night of arrival."));
};

/// A named stretch of nights [from, to). What it does not say is as outside of it. Also as it is sent.
struct season_terms
{
    std::string name;
    date from, to;
    std::optional<money> price;
    std::optional<int> min_nights, max_nights;
    std::optional<std::vector<weekday>> closed_to_arrival, closed_to_departure;

    static constexpr auto fields = schema::fields(
        field<&season_terms::name>("name", schema::length{1, 60}, schema::example{R"("Summer")"}, "As guests read it."),
        field<&season_terms::from>("from", schema::example{R"("2027-06-15")"}, "First night."),
        field<&season_terms::to>("to", schema::example{R"("2027-09-15")"}, "Day after the last."),
        field<&season_terms::price>("price", schema::positive, "Of a night, weekend or not."),
        field<&season_terms::min_nights>("min_nights", schema::between{1, longest_stay}, schema::example{"7"},
                                         "Shortest stay of those who arrive in it."),
        field<&season_terms::max_nights>("max_nights", schema::between{1, longest_stay}, "Longest stay."),
        field<&season_terms::closed_to_arrival>("closed_to_arrival", schema::at_most{7},
                                                schema::example{R"(["monday", "tuesday"])"},
                                                "Weekdays on which nobody arrives, instead of the property's."),
        field<&season_terms::closed_to_departure>("closed_to_departure", schema::at_most{7},
                                                  "Weekdays on which nobody departs, instead of the property's."));
};

struct season
{
    season_id id;
    std::string name;
    date from, to;
    std::optional<money> price;
    std::optional<int> min_nights, max_nights;
    std::optional<std::vector<weekday>> closed_to_arrival, closed_to_departure;

    static constexpr auto fields =
        schema::fields(field<&season::id>("id", "Its id."), field<&season::name>("name", "As guests read it."),
                       field<&season::from>("from", "First night."), field<&season::to>("to", "Day after the last."),
                       field<&season::price>("price", "Of a night, weekend or not; null: as outside of the season."),
                       field<&season::min_nights>("min_nights", "Shortest stay of those who arrive in it."),
                       field<&season::max_nights>("max_nights", "Longest stay."),
                       field<&season::closed_to_arrival>("closed_to_arrival", "Weekdays on which nobody arrives."),
                       field<&season::closed_to_departure>("closed_to_departure", "Weekdays on which nobody departs."));
};

/// What was said of one day. What is not there is as without it.
struct day_rule
{
    date day;
    std::optional<money> price;
    std::optional<int> min_nights, max_nights;
    std::optional<bool> closed_to_arrival, closed_to_departure;

    static constexpr auto fields = schema::fields(
        field<&day_rule::day>("day"), field<&day_rule::price>("price"), field<&day_rule::min_nights>("min_nights"),
        field<&day_rule::max_nights>("max_nights"), field<&day_rule::closed_to_arrival>("closed_to_arrival"),
        field<&day_rule::closed_to_departure>("closed_to_departure"));
};

/// The rules of a property that matter for some days: what the SQL function rules_between says, in order of date.
struct rule_set
{
    calendar::pricing pricing;
    std::vector<season> seasons;
    std::vector<day_rule> days;

    const season* season_of(date day) const;
    const day_rule* rule_of(date day) const;
    const weekday_rule* usual_of(date day) const;

    static constexpr auto fields = schema::fields(field<&rule_set::pricing>("pricing"),
                                                  field<&rule_set::seasons>("seasons"), field<&rule_set::days>("days"));
};

}  // namespace roost::calendar
