#pragma once
#include <string>
#include <vector>

#include "calendar/rules.hpp"
#include "core/dates.hpp"
#include "core/money.hpp"

/// What a stay costs (domain rules, 4.2): the one arithmetic. Search computes the same in SQL (ruled_stay); a test
/// holds the two together.
namespace roost::calendar {

/// All that a property says about the price of some nights.
struct rates
{
    money nightly_price;  // 1 to 10^12 minor units
    money cleaning_fee;   // once per stay; same currency
    int tax_basis_points = 0;
    std::optional<rule_set> special = {};  // nothing: the above is all
};

/// Who comes. Children count as guests; their ages matter to taxes only.
struct party
{
    int guests = 1;
    std::vector<int> child_ages = {};
};

/// What the marketplace takes, hundredths of a percent.
struct market_fees
{
    int guest_bp = 0, host_bp = 0;
};

/// What a guest who cancels in time gets any of back.
struct given_back
{
    bool stay = true;  // nights, extra guests, cleaning and taxes
    bool guest_fee = true;
};

enum class price_line_kind
{
    nights,
    length_discount,
    extra_guests,
    cleaning,
    guest_fee,
    tax,
};
constexpr auto names_of(price_line_kind)
{
    return std::to_array<std::string_view>(
        {"nights", "length_discount", "extra_guests", "cleaning", "guest_fee", "tax"});
}

/// Where the price of a night comes from; the last that applies wins.
enum class night_rule
{
    base,
    weekend,
    season,
    date,
};
constexpr auto names_of(night_rule) { return std::to_array<std::string_view>({"base", "weekend", "season", "date"}); }

struct night_rate
{
    money price;
    night_rule rule;
    const season* in = nullptr;  // when that is where it comes from
};

/// Also as it is kept with quotes and bookings.
struct price_line
{
    price_line_kind kind = price_line_kind::nights;
    std::string description;
    std::optional<std::string> name = {};
    std::optional<night_rule> rule = {};
    std::optional<int> quantity = {};
    std::optional<money> unit_price = {};
    std::optional<int> rate_basis_points = {};
    std::optional<money> base = {};
    money amount;
    bool refundable = true;

    bool operator==(const price_line&) const = default;

    static constexpr auto fields = schema::fields(
        field<&price_line::kind>("kind", "What is paid for."),
        field<&price_line::description>("description", schema::example{R"("Season Summer")"}, "In words."),
        field<&price_line::name>("name", schema::example{R"("Summer")"}, "What the host calls the season or the tax."),
        field<&price_line::rule>("rule", "Of nights: the rule that set their price."),
        field<&price_line::quantity>("quantity", schema::example{"4"}, "How many, for what has a unit price."),
        field<&price_line::unit_price>("unit_price", "Price of one."),
        field<&price_line::rate_basis_points>("rate_basis_points", schema::example{"1200"},
                                              "For a share of `base`: hundredths of a percent."),
        field<&price_line::base>("base", "What the rate is taken of."),
        field<&price_line::amount>("amount", "What this line adds; rounded once, half up."),
        field<&price_line::refundable>("refundable", "Whether a guest who cancels in time gets any of it back."));
};

/// Every line of a stay's price and its sums: accommodation = nights, discount, extra guests and cleaning;
/// total = accommodation + guest_fee + tax = sum of the lines. The host gets accommodation − host_fee.
struct stay_price
{
    std::vector<price_line> lines;
    money accommodation, guest_fee, tax, total, host_fee;

    money host_payout() const { return accommodation - host_fee; }
    bool operator==(const stay_price&) const = default;
};

/// Date before season before weekend before base.
night_rate rate_of(const rates& r, date night);

/// Every amount is rounded once, half up. `stay` has 1 to longest_stay nights, and `r.special` what there is between
/// its days. `back` is what the lines say of it. Throws std::logic_error when the currencies differ.
stay_price price_stay(const rates& r, date_range stay, const party& who, market_fees fees, given_back back = {});

}  // namespace roost::calendar
