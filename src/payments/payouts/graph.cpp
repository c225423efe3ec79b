#include "payments/graph.hpp"

#include "payments/payouts/payouts.hpp"
#include "payments/payouts/statements.hpp"

namespace roost::payments {
namespace {

using graphql::context;
using graphql::nothing;

/// A statement as the graph has it: as a table it is REST's alone.
struct which_statement
{
    roost::currency currency;
    date from, to;
    int limit = 100;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        field<&which_statement::currency>("currency", "In which currency."),
        field<&which_statement::from>("from", "The first day, in UTC."),
        field<&which_statement::to>("to", "The day after the last; at most 366 days later."),
        field<&which_statement::limit>("limit", schema::between(1, 1'000), schema::defaulted, "Lines a page."),
        field<&which_statement::cursor>("cursor", "Where the page begins, from `next`."));
};

std::unexpected<error> nobody() { return fail(errc::not_signed_in, "sign in first"); }

}  // namespace

void install_payouts_graph(graphql::graph& g, payout_service& p, statements& s)
{
    using enum http::method;
    g.name<line_kind>("StatementLineKind");
    g.object<payout_account>("PayoutAccount", "Where payouts of a currency go.");
    g.object<host_balance>("HostBalance", "What a host is owed in a currency.");
    g.object<statement_line>("StatementLine", "What changed a balance.")
        .reference<bookings::booking>("booking", &statement_line::booking, "Of which booking.");
    g.query()
        .list<payout_account, nothing>("payoutAccounts", "Where one's own payouts go, for each currency.",
                                       [&p](context& c, nothing) -> task<result<std::vector<payout_account>>> {
                                           if (!c.who) co_return nobody();
                                           co_return co_await p.accounts(*c.who);
                                       })
        .list<host_balance, nothing>("balances", "What one is owed as a host, for each currency.",
                                     [&p](context& c, nothing) -> task<result<std::vector<host_balance>>> {
                                         if (!c.who) co_return nobody();
                                         co_return co_await p.balance(*c.who);
                                     })
        .field<host_statement, which_statement>("statement", "What changed one's balance, from day to day.",
                                                [&s](context& c, which_statement a) -> task<result<host_statement>> {
                                                    if (!c.who) co_return nobody();
                                                    const statement_query q{a.currency, a.from,  a.to,
                                                                            {},         a.limit, std::move(a.cursor)};
                                                    co_return co_await s.page(*c.who, q);
                                                });
    g.mutation("setPayoutAccount", put, "/users/me/payout-account/", {.gives = "account"});
    g.mutation("removePayoutAccounts", delete_, "/users/me/payout-account/", {});
}

}  // namespace roost::payments
