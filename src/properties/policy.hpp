#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/enums.hpp"
#include "core/error.hpp"
#include "core/id.hpp"
#include "platform/schema/schema.hpp"
#include "properties/property.hpp"

/// Under which terms a stay may be cancelled by its guest (domain rules, 4.3): data that hosts choose or write.
namespace roost {

/// Cancelled at least this many local calendar days before the moment of check-in: the guest gets this share back.
struct refund_tier
{
    int days_before;
    int refund_basis_points;

    bool operator==(const refund_tier&) const = default;

    static constexpr auto fields =
        schema::fields(field<&refund_tier::days_before>("days_before", schema::between{0, 365}, schema::example{"7"},
                                                        "Local calendar days before the moment of check-in, at least."),
                       field<&refund_tier::refund_basis_points>(
                           "refund_basis_points", schema::between{0, 10'000}, schema::example{"5000"},
                           "Share of nights and cleaning that goes back, in hundredths of a "
                           "percent."));
};

/// Everything back shortly after booking, when check-in is far enough away.
struct grace_rule
{
    int hours;
    int days_before;

    bool operator==(const grace_rule&) const = default;

    static constexpr auto fields = schema::fields(
        field<&grace_rule::hours>("hours", schema::between{1, 168}, schema::example{"24"}, "Hours after booking."),
        field<&grace_rule::days_before>("days_before", schema::between{0, 365}, schema::example{"7"},
                                        "Local calendar days before check-in, at least."));
};

/// With less notice than any tier, and during the stay, the host keeps the nights that have begun, these further
/// nights, and this share of the rest. A guest who never came counts as one whose first night has not begun.
struct late_rule
{
    int kept_nights = 0;
    int kept_rest_basis_points = 10'000;

    bool operator==(const late_rule&) const = default;

    static constexpr auto fields = schema::fields(
        field<&late_rule::kept_nights>("kept_nights", schema::between{0, longest_stay}, schema::example{"1"},
                                       "Nights the host keeps beyond those that have begun."),
        field<&late_rule::kept_rest_basis_points>("kept_rest_basis_points", schema::between{0, 10'000},
                                                  schema::example{"10000"},
                                                  "Share of the nights left that the host keeps, in hundredths of a "
                                                  "percent."));
};

/// When a guest who cancels gets the service fee back.
enum class fee_refund
{
    never,
    with_everything,
    in_proportion,
};
constexpr auto names_of(fee_refund)
{
    return std::to_array<std::string_view>({"never", "with_everything", "in_proportion"});
}

struct cancellation_terms
{
    std::vector<refund_tier> tiers;  // longest notice first
    std::optional<grace_rule> grace;
    late_rule late;
    fee_refund guest_fee = fee_refund::with_everything;

    bool operator==(const cancellation_terms&) const = default;

    static constexpr auto fields = schema::fields(
        field<&cancellation_terms::tiers>("tiers", schema::at_most{10},
                                          schema::example{R"([{"days_before": 7, "refund_basis_points": 5000}])"},
                                          "Longest notice first; the share never grows towards check-in."),
        field<&cancellation_terms::grace>("grace", "Everything back shortly after booking; null: never."),
        field<&cancellation_terms::late>("late", "With less notice than any tier, and during the stay."),
        field<&cancellation_terms::guest_fee>("guest_fee", schema::defaulted,
                                              "Whether the service fee goes back never, when everything else does, or "
                                              "in the same share."));
};

/// errc::invalid_input with everything that would let a guest gain by waiting, each fault below `pointer`.
result<void> check(const cancellation_terms& terms, std::string_view pointer);

/// A policy to choose from.
struct policy
{
    policy_id id;
    roost::cancellation_policy code;
    bool own = false;
    std::string name;
    cancellation_terms terms;
    int version = 1;
    instant created_at, updated_at;

    static constexpr auto fields =
        schema::fields(field<&policy::id>("id", "Its id."),
                       field<&policy::code>("code", "What properties and bookings call it; custom: somebody's own."),
                       field<&policy::own>("own", "Whether it is the caller's own to change."),
                       field<&policy::name>("name", schema::example{R"("Summer house")"}, "What people read."),
                       field<&policy::terms>("terms", "What a cancelling guest gets back."),
                       field<&policy::version>("version", "Grows with every change; the ETag."),
                       field<&policy::created_at>("created_at", "When it was made."),
                       field<&policy::updated_at>("updated_at", "When it last changed."));
};

struct new_policy
{
    std::string name;
    cancellation_terms terms;

    static constexpr auto fields =
        schema::fields(field<&new_policy::name>("name", schema::length{1, 60}, schema::example{R"("Summer house")"},
                                                "What people read."),
                       field<&new_policy::terms>("terms", "What a cancelling guest gets back."));
};

struct policy_changes
{
    schema::patch<std::string> name;
    schema::patch<cancellation_terms> terms;

    static constexpr auto fields = schema::fields(
        field<&policy_changes::name>("name", schema::length{1, 60}, schema::example{R"("Summer house")"},
                                     "What people read."),
        field<&policy_changes::terms>("terms", "All of the terms; bookings that were made keep theirs."));
};

}  // namespace roost
