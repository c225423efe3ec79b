#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bookings/resources.hpp"
#include "payments/payment.hpp"
#include "platform/schema/schema.hpp"

/// What a booking cost, and what was paid of it and given back.
namespace roost::payments {

using schema::field;

struct issuer
{
    std::string name, address, tax_number;

    static constexpr auto fields =
        schema::fields(field<&issuer::name>("name", "The marketplace."), field<&issuer::address>("address", "Where."),
                       field<&issuer::tax_number>("tax_number", "Its number for taxes."));
};

enum class receipt_entry_kind
{
    payment,
    credit_note,
};
constexpr auto names_of(receipt_entry_kind) { return std::to_array<std::string_view>({"payment", "credit_note"}); }

struct receipt_entry
{
    receipt_entry_kind kind;
    std::string number;
    instant issued_at;
    money amount;
    payment_method method;
    std::optional<refund_cause> cause;
    std::string reason;
    std::optional<payments::refund_status> refund_status;

    static constexpr auto fields = schema::fields(
        field<&receipt_entry::kind>("kind", "Money that came, or money that goes back."),
        field<&receipt_entry::number>("number", schema::example{R"("2027-000012")"},
                                      "Its own: the year and a number without gaps."),
        field<&receipt_entry::issued_at>("issued_at", "When it came, or was decided to go back."),
        field<&receipt_entry::amount>("amount", "How much."), field<&receipt_entry::method>("method", "By what."),
        field<&receipt_entry::cause>("cause", "What decided that it goes back."),
        field<&receipt_entry::reason>("reason", "Why, in somebody's words."),
        field<&receipt_entry::refund_status>("refund_status", "How far it is on its way back."));
};

struct receipt
{
    std::optional<std::string> number;
    std::optional<instant> issued_at;
    issuer issued_by;
    booking_id booking;
    bookings::booking_status status;
    std::string guest, host, property, city, country;
    roost::time_zone time_zone;
    date check_in, check_out;
    int nights, guests;
    std::vector<calendar::price_line> lines;
    money total, taxes, taken_off, paid, given_back, due;
    std::vector<receipt_entry> entries;

    static constexpr auto fields = schema::fields(
        field<&receipt::number>("number", "Of its first payment; none as long as nothing was paid."),
        field<&receipt::issued_at>("issued_at", "When that came."),
        field<&receipt::issued_by>("issued_by", "The marketplace, as it was called then."),
        field<&receipt::booking>("booking_id", "Of which booking."),
        field<&receipt::status>("status", "Where that stands."),
        field<&receipt::guest>("guest", "Who stays, as they were called then."),
        field<&receipt::host>("host", "Who lets, as they were called then."),
        field<&receipt::property>("property", "What the place is called."),
        field<&receipt::city>("city", "Where it is."), field<&receipt::country>("country", "In which country."),
        field<&receipt::time_zone>("time_zone", "Whose days these are."),
        field<&receipt::check_in>("check_in", "First night."),
        field<&receipt::check_out>("check_out", "Day of departure."),
        field<&receipt::nights>("nights", "How many nights."),
        field<&receipt::guests>("guests", "How many people stay."),
        field<&receipt::lines>("lines", "The price, line by line."),
        field<&receipt::total>("total", "What the lines add up to."),
        field<&receipt::taxes>("taxes", "What of the total is taxes."),
        field<&receipt::taken_off>("taken_off", "What a cancellation or no-show took off the price."),
        field<&receipt::paid>("paid", "What came."),
        field<&receipt::given_back>("given_back", "What of that goes back, done or not."),
        field<&receipt::due>("due", "What is still to be paid."),
        field<&receipt::entries>("entries", "Payments and credit notes in the order of their numbers."));
};

}  // namespace roost::payments
