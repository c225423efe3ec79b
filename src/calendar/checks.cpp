#include "calendar/checks.hpp"

#include <algorithm>
#include <format>

namespace roost::calendar {
namespace {

using std::chrono::days;

class faults
{
    std::optional<currency> unit_;
    error all_{errc::invalid_input, "some fields are not acceptable", {}, {}};

public:
    explicit faults(std::optional<currency> unit) : unit_{unit} {}

    void unless(bool good, std::string pointer, std::string_view code, std::string detail)
    {
        if (!good) all_.fields.push_back({std::move(pointer), code, std::move(detail)});
    }
    void amount(const std::optional<money>& m, std::string pointer)
    {
        unless(!m || unit_ == m->unit(), pointer + "/currency", "currency",
               unit_ ? std::format("the property's currency is {}", unit_->code())
                     : "the property has no nightly_price yet, and so no currency");
    }
    void lengths(std::optional<int> least, std::optional<int> most, std::string pointer)
    {
        unless(!least || !most || *least <= *most, std::move(pointer), "bounds", "must be at least min_nights");
    }
    result<void> found() &&
    {
        if (all_.fields.empty()) return {};
        return std::unexpected{std::move(all_)};
    }
};

void settle(std::vector<weekday>& list)
{
    std::ranges::sort(list);
    const auto rest = std::ranges::unique(list);
    list.erase(rest.begin(), rest.end());
}

void check_tax(const tax_rule& tax, const std::string& at, faults& bad)
{
    bad.unless(tax.basis_points.has_value() != tax.per_person_night.has_value(), at + "/basis_points", "one_of",
               "either basis_points or per_person_night");
    bad.unless(!tax.exempt_under_age || tax.per_person_night, at + "/exempt_under_age", "requires",
               "needs per_person_night");
    bad.amount(tax.per_person_night, at + "/per_person_night");
}

/// Whether an item of the list before this one has the same.
template <class T, class Key>
bool is_repeated(const std::vector<T>& list, std::size_t i, Key key)
{
    const auto before = list.begin() + static_cast<std::ptrdiff_t>(i);
    return std::ranges::find(list.begin(), before, std::invoke(key, list[i]), key) != before;
}

void check_edit(const calendar_edit& e, const std::string& at, date today, faults& bad)
{
    bad.unless(e.from < e.to, at + "/to", "bounds", "must be after from");
    bad.unless(e.from >= today, at + "/from", "bounds", "is in the past");
    bad.unless(e.to <= today + furthest_ahead, at + "/to", "bounds", "is too far ahead");
    bad.unless(e.price || e.min_nights || e.max_nights || e.closed_to_arrival || e.closed_to_departure || e.closed, at,
               "required", "says nothing of its nights");
    if (e.price) bad.amount(*e.price, at + "/price");
    if (e.min_nights && e.max_nights) bad.lengths(*e.min_nights, *e.max_nights, at + "/max_nights");
}

}  // namespace

result<void> check(pricing& rules, std::optional<currency> unit)
{
    faults bad{unit};
    settle(rules.weekend);
    bad.unless(!rules.weekend_price || !rules.weekend.empty(), "/weekend", "required", "goes with weekend_price");
    bad.amount(rules.weekend_price, "/weekend_price");
    bad.amount(rules.extra_guest_fee, "/extra_guest_fee");
    for (std::size_t i = 0; i < rules.length_discounts.size(); ++i)
        bad.unless(!is_repeated(rules.length_discounts, i, &length_discount::min_nights),
                   std::format("/length_discounts/{}/min_nights", i), "repeated",
                   "there is one of that length already");
    for (std::size_t i = 0; i < rules.taxes.size(); ++i) check_tax(rules.taxes[i], std::format("/taxes/{}", i), bad);
    for (std::size_t i = 0; i < rules.weekday_rules.size(); ++i)
    {
        const auto& rule = rules.weekday_rules[i];
        const auto at = std::format("/weekday_rules/{}", i);
        bad.unless(!is_repeated(rules.weekday_rules, i, &weekday_rule::weekday), at + "/weekday", "repeated",
                   "there is a rule for that weekday already");
        bad.lengths(rule.min_nights, rule.max_nights, at + "/max_nights");
    }
    return std::move(bad).found();
}

result<void> check(season_terms& terms, std::optional<currency> unit, date today)
{
    faults bad{unit};
    bad.unless(terms.from < terms.to, "/to", "bounds", "must be after from");
    bad.unless(terms.from >= today - days{longest_stay}, "/from", "bounds", "is too long ago");
    bad.unless(terms.to <= today + furthest_ahead, "/to", "bounds", "is too far ahead");
    bad.amount(terms.price, "/price");
    bad.lengths(terms.min_nights, terms.max_nights, "/max_nights");
    if (terms.closed_to_arrival) settle(*terms.closed_to_arrival);
    if (terms.closed_to_departure) settle(*terms.closed_to_departure);
    return std::move(bad).found();
}

result<void> check(const calendar_edits& asked, std::optional<currency> unit, date today)
{
    faults bad{unit};
    days spoken_of{0};
    for (std::size_t i = 0; i < asked.edits.size(); ++i)
    {
        check_edit(asked.edits[i], std::format("/edits/{}", i), today, bad);
        spoken_of += asked.edits[i].to - asked.edits[i].from;
    }
    bad.unless(spoken_of.count() <= most_edited_nights, "/edits", "bounds",
               std::format("at most {} nights in one call", most_edited_nights));
    return std::move(bad).found();
}

std::vector<date_range> nights_of(const calendar_edit& e)
{
    if (e.weekdays.empty()) return {{e.from, e.to}};
    std::vector<date_range> runs;
    for (auto night = e.from; night < e.to; night += days{1})
    {
        if (!std::ranges::contains(e.weekdays, weekday_of(night))) continue;
        if (!runs.empty() && runs.back().to() == night)
            runs.back() = {runs.back().from(), night + days{1}};
        else
            runs.emplace_back(night, night + days{1});
    }
    return runs;
}

}  // namespace roost::calendar
