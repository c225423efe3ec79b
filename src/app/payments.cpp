#include <print>

#include "app/commands.hpp"
#include "app/services.hpp"
#include "payments/payouts/queries.hpp"
#include "platform/pg/run.hpp"

namespace roost::app {

int reconcile_payments(const settings& s, std::optional<date> from, std::optional<date> to)
{
    services all{s};
    if (all.gateways.all().empty())
    {
        std::println(stderr, "roost: nobody takes payments here: set ROOST_PAYMENTS_PROVIDERS");
        return 2;
    }
    auto& r = all.reconciler;
    const auto found = pg::run(all.db, from && to ? r.reconcile(*from, *to) : r.reconcile_latest());
    if (!found)
    {
        std::println(stderr, "roost: {}", found.error().detail);
        return 2;
    }
    for (const auto& d : *found)
        std::println("{:<10} {:<13} {}  {} here, {} there ({}, minor units)  payment {}", name_of(d.provider),
                     name_of(d.kind), d.reference, d.here, d.there, d.currency,
                     d.payment ? d.payment->text() : "unknown");
    std::println("{} differences", found->size());
    return found->empty() ? 0 : 1;
}

int run_payouts(const settings& s, std::optional<date> day)
{
    const auto terms = s.payout_terms();
    if (!terms)
    {
        std::println(stderr, "roost: {}", terms.error().detail);
        return 2;
    }
    services all{s};
    const auto made = pg::run(all.db, all.payouts.run(day ? *day : last_batch(*terms, all.clock.now())));
    if (!made)
    {
        std::println(stderr, "roost: {}", made.error().detail);
        return 2;
    }
    std::println("{} payouts", *made);
    return 0;
}

int list_payouts(const settings& s, std::optional<payments::payout_status> status, std::optional<user_id> host,
                 int most)
{
    pg::database db{s.for_database()};
    const auto wanted = status ? std::optional{std::vector{*status}} : std::nullopt;
    for (const auto& p :
         pg::run(db, db.all<payments::payout>(payouts::sql::payouts, std::optional<uuid>{}, wanted, host, most)))
        std::println("{}  {}  {}  {:>12} {}  {:<7}  {:<8}  {}", p.id.text(), format(p.day), p.host.text(),
                     p.amount.minor(), p.amount.unit().code(), name_of(p.status), name_of(p.provider),
                     p.failure_reason.value_or(""));
    return 0;
}

}  // namespace roost::app
