#include <print>

#include "app/commands.hpp"
#include "app/services.hpp"
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

}  // namespace roost::app
