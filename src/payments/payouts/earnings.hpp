#pragma once
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bookings/booking.hpp"
#include "core/dates.hpp"
#include "core/enums.hpp"
#include "core/error.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "platform/schema/schema.hpp"

/// What of a host's money is payable when (domain rules, 4.10): pure.
namespace roost::payments {

enum class payable_from : std::uint8_t
{
    check_in,
    end,
};
constexpr auto names_of(payable_from) { return std::to_array<std::string_view>({"check_in", "end"}); }

enum class payout_schedule : std::uint8_t
{
    daily,
    weekly,
};
constexpr auto names_of(payout_schedule) { return std::to_array<std::string_view>({"daily", "weekly"}); }

enum class weekday : std::uint8_t
{
    monday,
    tuesday,
    wednesday,
    thursday,
    friday,
    saturday,
    sunday,
};
constexpr auto names_of(weekday)
{
    return std::to_array<std::string_view>(
        {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"});
}

/// An amount for each of some currencies, in minor units.
using amounts = std::map<currency, std::int64_t>;
/// From "EUR:1000" and the like; `setting` is named when one is not like that.
result<amounts> amounts_of(const std::vector<std::string>& words, std::string_view setting);
/// Nothing where the currency is not among them.
std::int64_t amount_in(const amounts& all, currency unit);

struct payout_terms
{
    payments::payable_from payable_from;
    payout_schedule schedule;
    payments::weekday weekday;
    std::chrono::hours hour, wait;
    amounts minimum;
};

/// A batch pays what was payable at the moment of its day, whenever it runs.
instant moment_of(const payout_terms& t, date day);
/// The day of the last batch whose moment has come.
date last_batch(const payout_terms& t, instant now);

/// What a booking has brought its host. `paid_out` is in payouts that have not failed. `frozen`: nothing more is paid
/// out of it for now.
struct earning
{
    booking_id booking;
    money earned, paid_out;
    int nights, nights_due;
    std::optional<instant> next_due;
    bool frozen;

    static constexpr auto fields =
        schema::fields(schema::field<&earning::booking>("booking_id"), schema::field<&earning::earned>("earned"),
                       schema::field<&earning::paid_out>("paid_out"), schema::field<&earning::nights>("nights"),
                       schema::field<&earning::nights_due>("nights_due"), schema::field<&earning::next_due>("next_due"),
                       schema::field<&earning::frozen>("frozen"));
};

struct payout_item
{
    std::optional<booking_id> booking;
    money amount;
};

/// A host's balance in one currency, in three parts. `items` are what `payable` is made of; it may be below zero.
struct weighed
{
    money payable, later, held;
    std::optional<instant> later_from;
    std::vector<payout_item> items;

    /// Leaves so much of what is payable for a later payout.
    void leave(money part);
};

/// `open`: all bookings of which not exactly what was earned is paid out. What the balance has beside them belongs to
/// no booking and is payable.
weighed weigh(money balance, std::span<const earning> open);

}  // namespace roost::payments
