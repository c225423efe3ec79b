#pragma once
#include <optional>
#include <string>
#include <vector>

#include "payments/payment.hpp"
#include "payments/resources.hpp"
#include "platform/schema/schema.hpp"

/// What callers send and get about the money of hosts.
namespace roost::payments {

struct new_payout_account
{
    payments::provider provider;
    std::string destination;
    roost::currency currency;

    static constexpr auto fields = schema::fields(
        field<&new_payout_account::provider>("provider", schema::example{R"("sandbox")"}, "By whom."),
        field<&new_payout_account::destination>("destination", schema::length{1, 200},
                                                schema::example{R"("account_1")"},
                                                "The provider's word for whoever gets the money."),
        field<&new_payout_account::currency>("currency", "Whose payouts go there; one account for each currency."));
};

struct payout_account
{
    payments::provider provider;
    std::string destination;
    roost::currency currency;
    instant usable_from, created_at, updated_at;

    static constexpr auto fields = schema::fields(
        field<&payout_account::provider>("provider", "By whom."),
        field<&payout_account::destination>("destination", "The provider's word for whoever gets the money."),
        field<&payout_account::currency>("currency", "Whose payouts go there."),
        field<&payout_account::usable_from>("usable_from", "Nothing goes there before."),
        field<&payout_account::created_at>("created_at", "When there was one first."),
        field<&payout_account::updated_at>("updated_at", "When it last changed."));
};

struct which_account
{
    std::optional<roost::currency> currency;

    static constexpr auto fields =
        schema::fields(field<&which_account::currency>("currency", "Of this currency alone; else all."));
};

struct host_balance
{
    roost::currency currency;
    money payable, later, held, in_transit;
    std::optional<instant> later_from;

    static constexpr auto fields = schema::fields(
        field<&host_balance::currency>("currency", "Of what."),
        field<&host_balance::payable>(
            "payable", "What the next payout would be; below zero it is set off against later earnings."),
        field<&host_balance::later>("later", "What is not due yet."),
        field<&host_balance::later_from>("later_from", "When the first part of that is."),
        field<&host_balance::held>("held", "What is kept back: a dispute is open, or an admin has said so."),
        field<&host_balance::in_transit>("in_transit", "What is on its way, and not part of the others."));
};

enum class statement_format : std::uint8_t
{
    json,
    csv,
};
constexpr auto names_of(statement_format) { return std::to_array<std::string_view>({"json", "csv"}); }

struct statement_query
{
    roost::currency currency;
    date from, to;
    std::optional<statement_format> format;
    int limit = 100;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&statement_query::currency>("currency", "In which currency."),
        field<&statement_query::from>("from", "The first day, in UTC."),
        field<&statement_query::to>("to", "The day after the last; at most 366 days later."),
        field<&statement_query::format>("format", "csv: all lines as a table; as does `Accept: text/csv`."),
        field<&statement_query::limit>("limit", schema::between(1, 1'000), schema::defaulted, "Lines a page."),
        field<&statement_query::cursor>("cursor", "Where the page begins, from `next`."));
};

enum class line_kind : std::uint8_t
{
    booking,  // less the host's fee
    refund,
    payout,
    payout_returned,
    dispute,
    adjustment,
};
constexpr auto names_of(line_kind)
{
    return std::to_array<std::string_view>({"booking", "refund", "payout", "payout_returned", "dispute", "adjustment"});
}

struct statement_line
{
    instant at;
    line_kind kind;
    std::optional<booking_id> booking;
    std::optional<payout_id> payout;
    std::optional<adjustment_id> adjustment;
    money amount, balance;

    static constexpr auto fields =
        schema::fields(field<&statement_line::at>("at", "When."),
                       field<&statement_line::kind>("kind", "What; a booking is what it brings, less the host's fee."),
                       field<&statement_line::booking>("booking_id", "Of which booking."),
                       field<&statement_line::payout>("payout_id", "Which payout."),
                       field<&statement_line::adjustment>("adjustment_id", "Which adjustment."),
                       field<&statement_line::amount>("amount", "What it adds to the balance."),
                       field<&statement_line::balance>("balance", "The balance after it."));
};

struct host_statement
{
    roost::currency currency;
    date from, to;
    money opening_balance, closing_balance;
    std::vector<statement_line> lines;
    std::optional<std::string> next;

    static constexpr auto fields = schema::fields(
        field<&host_statement::currency>("currency", "In which currency."),
        field<&host_statement::from>("from", "The first day, in UTC."),
        field<&host_statement::to>("to", "The day after the last."),
        field<&host_statement::opening_balance>("opening_balance", "What was owed to the host when it began."),
        field<&host_statement::closing_balance>("closing_balance", "And when it ended."),
        field<&host_statement::lines>("lines", "What lies between, in order; the first page or the one asked for."),
        field<&host_statement::next>("next", "The cursor of the page after this one."));
};

struct payout
{
    payout_id id;
    user_id host;
    money amount;
    payments::provider provider;
    date day;
    int attempt;
    payout_status status;
    std::optional<std::string> failure_reason;
    instant created_at, updated_at;

    static constexpr auto fields = schema::fields(
        field<&payout::id>("id", "Its id."), field<&payout::host>("host_id", "To whom."),
        field<&payout::amount>("amount", "How much."), field<&payout::provider>("provider", "By whom."),
        field<&payout::day>("day", "Of which batch."), field<&payout::attempt>("attempt", "Which try of that day."),
        field<&payout::status>("status", "How far it is."),
        field<&payout::failure_reason>("failure_reason", "Why it failed."),
        field<&payout::created_at>("created_at", "When it was decided."),
        field<&payout::updated_at>("updated_at", "When it last changed."));
};

}  // namespace roost::payments
