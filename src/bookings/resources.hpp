#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bookings/booking.hpp"
#include "bookings/cancellation.hpp"
#include "calendar/price.hpp"
#include "core/dates.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "platform/schema/schema.hpp"
#include "properties/property.hpp"

/// What callers send and get about quotes and bookings.
namespace roost::bookings {

using schema::field;
using alteration_id = id<struct alteration_tag>;

struct price
{
    std::vector<calendar::price_line> lines;
    money total, host_fee, host_payout;

    static constexpr auto fields =
        schema::fields(field<&price::lines>("lines", "Each amount and where it comes from; they add up to the total."),
                       field<&price::total>("total", "What the guest pays."),
                       field<&price::host_fee>("host_fee", "What the host pays for the service."),
                       field<&price::host_payout>(
                           "host_payout", "What the host gets: nights, extra guests and cleaning less the fee."));
};

/// What a cancellation gives back.
struct refund_offer
{
    refund_rule rule;
    money accommodation, guest_fee, tax, total, due;

    bool operator==(const refund_offer&) const = default;

    static constexpr auto fields =
        schema::fields(field<&refund_offer::rule>("rule", "Why so much."),
                       field<&refund_offer::accommodation>("accommodation", "Of nights, extra guests and cleaning."),
                       field<&refund_offer::guest_fee>("guest_fee", "Of the service fee."),
                       field<&refund_offer::tax>("tax", "Of the taxes."),
                       field<&refund_offer::total>("total", "What is taken off the price: all of the above."),
                       field<&refund_offer::due>("due", "What is returned of what was paid."));
};

struct refund_step
{
    instant until;
    refund_offer refund;

    static constexpr auto fields =
        schema::fields(field<&refund_step::until>("until", "Up to and including this moment."),
                       field<&refund_step::refund>("refund", "What cancelling gives back until then."));
};

struct cancellation_preview
{
    refund_offer now;
    std::vector<refund_step> schedule;

    static constexpr auto fields = schema::fields(
        field<&cancellation_preview::now>("now", "What cancelling now gives back."),
        field<&cancellation_preview::schedule>(
            "schedule", "What it gives back from now on, step by step; after the last there is nothing to cancel."));
};

struct new_quote
{
    date check_in, check_out;
    int guests;
    std::vector<int> child_ages;

    static constexpr auto fields = schema::fields(
        field<&new_quote::check_in>("check_in", schema::example{R"("2027-03-05")"}, "First night."),
        field<&new_quote::check_out>("check_out", schema::example{R"("2027-03-09")"}, "Day of departure."),
        field<&new_quote::guests>("guests", schema::between(1, 50), schema::example{"2"}, "How many people stay."),
        field<&new_quote::child_ages>("child_ages", schema::at_most{49}, schema::defaulted, schema::example{"[7]"},
                                      "Ages (0 to 17) of the children among them: some taxes are not for children."));
};

struct quote
{
    quote_id id;
    property_id property;
    date check_in, check_out;
    int nights, guests;
    std::vector<int> child_ages;
    bookings::price price;
    roost::cancellation_terms cancellation_terms;
    instant expires_at, created_at;

    static constexpr auto fields = schema::fields(
        field<&quote::id>("id", "Its id; a booking names it."), field<&quote::property>("property_id", "What for."),
        field<&quote::check_in>("check_in", "First night."), field<&quote::check_out>("check_out", "Day of departure."),
        field<&quote::nights>("nights", "How many nights."), field<&quote::guests>("guests", "How many people stay."),
        field<&quote::child_ages>("child_ages", "Ages of the children among them."),
        field<&quote::price>("price", "What it costs, line by line."),
        field<&quote::cancellation_terms>("cancellation_terms", "What a cancelling guest gets back."),
        field<&quote::expires_at>("expires_at", "Until then it can be booked at this price."),
        field<&quote::created_at>("created_at", "When it was made."));
};

struct new_booking
{
    quote_id quote;
    std::string message;

    static constexpr auto fields = schema::fields(
        field<&new_booking::quote>("quote_id", "The price and nights to book: a fresh quote of one's own."),
        field<&new_booking::message>("message", schema::at_most(2000), schema::defaulted,
                                     schema::example{R"("We arrive late, around 22:00.")"}, "A word to the host."));
};

struct booking
{
    booking_id id;
    property_id property;
    user_id guest, host;
    booking_status status;
    date check_in, check_out;
    int nights, guests;
    std::vector<int> child_ages;
    std::string message;
    bookings::price price;
    money paid, amount_due;
    bool disputed;
    roost::cancellation_policy cancellation_policy;
    roost::cancellation_terms cancellation_terms;
    std::optional<refund_offer> refund;
    instant starts_at, ends_at;
    std::optional<instant> expires_at;
    int version;
    instant created_at, updated_at;

    static constexpr auto fields = schema::fields(
        field<&booking::id>("id", "Its id."), field<&booking::property>("property_id", "Where."),
        field<&booking::guest>("guest_id", "Who stays."), field<&booking::host>("host_id", "Who lets."),
        field<&booking::status>("status", "Where it stands."), field<&booking::check_in>("check_in", "First night."),
        field<&booking::check_out>("check_out", "Day of departure."),
        field<&booking::nights>("nights", "How many nights."),
        field<&booking::guests>("guests", "How many people stay."),
        field<&booking::child_ages>("child_ages", "Ages of the children among them."),
        field<&booking::message>("message", "The guest's word to the host."),
        field<&booking::price>("price", "As quoted."), field<&booking::paid>("paid", "Paid so far, less refunds."),
        field<&booking::amount_due>("amount_due", "What is still to be paid."),
        field<&booking::disputed>("disputed",
                                  "Whether a bank is asked to take a payment back; nothing of it is paid "
                                  "to the host meanwhile."),
        field<&booking::cancellation_policy>("cancellation_policy", "What a cancelling guest gets back, by its name."),
        field<&booking::cancellation_terms>("cancellation_terms", "The same in full, as it was when booked."),
        field<&booking::refund>("refund", "What a cancellation or a no-show gave back."),
        field<&booking::starts_at>("starts_at", "The moment of check-in."),
        field<&booking::ends_at>("ends_at", "The moment of check-out."),
        field<&booking::expires_at>("expires_at",
                                    "Until then it waits for payment or the host; then the nights are free."),
        field<&booking::version>("version", "Grows with every change; the ETag."),
        field<&booking::created_at>("created_at", "When it was made."),
        field<&booking::updated_at>("updated_at", "When it last changed."));
};

struct why
{
    std::string reason;

    static constexpr auto fields =
        schema::fields(field<&why::reason>("reason", schema::at_most(500), schema::defaulted,
                                           schema::example{R"("Our plans changed.")"}, "Shown to the other side."));
};

struct cancelled_booking
{
    bookings::booking booking;
    refund_offer refund;

    static constexpr auto fields = schema::fields(field<&cancelled_booking::booking>("booking", "As it stands now."),
                                                  field<&cancelled_booking::refund>("refund", "What it gives back."));
};

/// One line of a booking's history.
struct booking_event
{
    std::optional<booking_status> from;
    booking_status to;
    bookings::actor actor;
    std::string reason;
    instant at;
    std::optional<alteration_id> alteration;

    static constexpr auto fields = schema::fields(
        field<&booking_event::from>("from_status", "What it was; absent for the first."),
        field<&booking_event::to>("to_status", "What it became; the same when its nights or guests changed."),
        field<&booking_event::actor>("actor", "Who did it."),
        field<&booking_event::reason>("reason", "In their words."), field<&booking_event::at>("at", "When."),
        field<&booking_event::alteration>("alteration_id", "The change that both sides agreed on."));
};

/// As whom somebody lists bookings.
enum class side
{
    guest,
    host,
};
constexpr auto names_of(side) { return std::to_array<std::string_view>({"guest", "host"}); }

struct booking_filter
{
    side role = side::guest;
    std::vector<booking_status> status;
    std::optional<property_id> property;
    std::optional<date> from, to;
    int limit = 20;
    std::optional<std::string> cursor;
    bool count = false;

    static constexpr auto fields = schema::fields(
        field<&booking_filter::role>("role", schema::defaulted, "One's own stays, or those at one's own places."),
        field<&booking_filter::status>("status", schema::defaulted, schema::at_most(12), "Any of these."),
        field<&booking_filter::property>("property", "At this property."),
        field<&booking_filter::from>("from", "With a night on or after this day."),
        field<&booking_filter::to>("to", "With a night before this day."),
        field<&booking_filter::limit>("limit", schema::between(1, 100), schema::defaulted, "Results a page."),
        field<&booking_filter::cursor>("cursor", "Where the page begins, from a link."),
        field<&booking_filter::count>("count", schema::defaulted, "Whether to count them all."));
};

}  // namespace roost::bookings
