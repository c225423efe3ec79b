#include "payments/payouts/rest.hpp"

#include "payments/payouts/payouts.hpp"
#include "payments/payouts/statements.hpp"
#include "platform/http/answering.hpp"
#include "platform/http/api.hpp"

namespace roost::payments {

using http::body;
using http::one_page;
using http::query;
using http::signed_in;

void install_payouts(http::api& a, payout_service& p, statements& s)
{
    a.tag("Payouts");
    a.get("/users/me/payout-account/", "Where one's own payouts go, for each currency.")
        .handle([&p](signed_in who) -> task<result<http::page<payout_account>>> {
            co_return one_page(co_await p.accounts(who));
        });
    a.put("/users/me/payout-account/", "Set where payouts of a currency go, as a host.")
        .fails_with(errc::not_allowed)
        .details("Nothing goes to another destination than before until some time has passed.")
        .handle([&p](signed_in who, pg::tx& tx, body<new_payout_account> asked) -> task<result<payout_account>> {
            co_return co_await p.set_account(tx, who, std::move(asked.value));
        });
    a.del("/users/me/payout-account/", "Have no payouts any more, of one currency or of all.")
        .handle([&p](signed_in who, pg::tx& tx, query<which_account> q) -> task<result<http::no_content>> {
            const auto gone = co_await p.drop_accounts(tx, who, q->currency);
            if (!gone) co_return std::unexpected{gone.error()};
            co_return http::no_content{};
        });
    a.get("/users/me/balance/", "What one is owed as a host, for each currency.")
        .handle([&p](signed_in who) -> task<result<http::page<host_balance>>> {
            co_return one_page(co_await p.balance(who));
        });
    a.get("/users/me/statements/", "What changed one's balance, from day to day.")
        .also_as("text/csv")
        .handle([&s](signed_in who, query<statement_query> q,
                     http::wanted as) -> task<result<http::in_media<host_statement>>> {
            http::in_media<host_statement> reply;
            if (q->format ? *q->format == statement_format::csv : as.media_type == "text/csv")
            {
                auto text = co_await s.csv(who, q.value);
                if (!text) co_return std::unexpected{text.error()};
                reply.value = http::document{"text/csv; charset=utf-8", *std::move(text), {}};
                co_return reply;
            }
            auto page = co_await s.page(who, q.value);
            if (!page) co_return std::unexpected{page.error()};
            reply.value = *std::move(page);
            co_return reply;
        });
}

}  // namespace roost::payments
