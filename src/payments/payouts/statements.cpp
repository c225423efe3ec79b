#include "payments/payouts/statements.hpp"

#include <format>
#include <vector>

#include "payments/payouts/queries.hpp"
#include "platform/http/cursor.hpp"

namespace roost::payments {
namespace {

constexpr std::chrono::days longest{366};
constexpr int longest_table = 10'000;

struct balances
{
    money opening, before, closing;

    static constexpr auto fields = schema::fields(
        field<&balances::opening>("opening"), field<&balances::before>("before"), field<&balances::closing>("closing"));
};

struct line_row
{
    std::int64_t entry;
    instant at;
    line_kind kind;
    std::optional<booking_id> booking;
    std::optional<payout_id> payout;
    std::optional<adjustment_id> adjustment;
    money amount;

    static constexpr auto fields =
        schema::fields(field<&line_row::entry>("id"), field<&line_row::at>("at"), field<&line_row::kind>("kind"),
                       field<&line_row::booking>("booking_id"), field<&line_row::payout>("payout_id"),
                       field<&line_row::adjustment>("adjustment_id"), field<&line_row::amount>("amount"));
};

std::string list_name(user_id host, const statement_query& q)
{
    return std::format("statement {} {} {} {}", host.text(), q.currency.code(), format(q.from), format(q.to));
}

template <class Id>
std::string text_of(const std::optional<Id>& id)
{
    return id ? id->text() : std::string{};
}

}  // namespace

task<result<host_statement>> statements::read(user_id host, const statement_query& q, int most)
{
    if (q.from >= q.to) co_return invalid("to", "must be after from");
    if (q.to - q.from > longest) co_return invalid("to", "a statement is of at most 366 days");
    std::int64_t after = 0;
    if (q.cursor)
    {
        const auto given = http::decode_cursor(*q.cursor, list_name(host, q));
        if (!given) co_return std::unexpected{given.error()};
        after = given->key;
    }
    // In one view of the ledger, or what is posted meanwhile would be in the sums and not among the lines.
    std::vector<line_row> rows;
    const auto read = co_await db_.transaction(
        [&](pg::tx& tx) -> task<result<balances>> {
            rows = co_await tx.all<line_row>(payouts::sql::statement_lines, host, q.currency, q.from, q.to, after,
                                             most + 1);
            const auto sums =
                co_await tx.one<balances>(payouts::sql::statement_balances, host, q.currency, q.from, q.to, after);
            co_return sums.value();
        },
        pg::isolation::repeatable_read);
    if (!read) co_return std::unexpected{read.error()};
    const auto& sums = *read;
    host_statement s{q.currency, q.from, q.to, sums.opening, sums.closing, {}, {}};
    if (std::cmp_greater(rows.size(), most))
    {
        rows.resize(static_cast<std::size_t>(most));
        s.next = http::encode({false, rows.back().entry, {}}, list_name(host, q));
    }
    auto balance = sums.before;
    for (const auto& r : rows)
    {
        balance += r.amount;
        s.lines.push_back({r.at, r.kind, r.booking, r.payout, r.adjustment, r.amount, balance});
    }
    co_return s;
}

task<result<host_statement>> statements::page(const identity& who, const statement_query& q)
{
    co_return co_await read(who.user, q, q.limit);
}

task<result<std::string>> statements::csv(const identity& who, const statement_query& q)
{
    auto all = q;
    all.cursor.reset();
    const auto s = co_await read(who.user, all, longest_table);
    if (!s) co_return std::unexpected{s.error()};
    if (s->next) co_return invalid("to", std::format("that is more than {} lines", longest_table));
    const auto unit = q.currency.code();
    std::string out = "at,kind,booking_id,payout_id,adjustment_id,amount,balance,currency\r\n";
    std::format_to(std::back_inserter(out), "{},opening_balance,,,,,{},{}\r\n", format(q.from),
                   s->opening_balance.minor(), unit);
    for (const auto& l : s->lines)
        std::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{}\r\n", format(l.at), name_of(l.kind),
                       text_of(l.booking), text_of(l.payout), text_of(l.adjustment), l.amount.minor(),
                       l.balance.minor(), unit);
    std::format_to(std::back_inserter(out), "{},closing_balance,,,,,{},{}\r\n", format(q.to),
                   s->closing_balance.minor(), unit);
    co_return out;
}

}  // namespace roost::payments
