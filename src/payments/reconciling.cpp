#include "payments/reconciling.hpp"

#include <format>
#include <set>

#include "payments/jobs.hpp"
#include "payments/queries.hpp"
#include "payments/store.hpp"
#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"

namespace roost::payments {
namespace {

using namespace std::chrono_literals;

constexpr int batch = 500, most_pages = 10'000;
/// Providers date a charge by their own clock, and some time after we began it.
constexpr std::chrono::hours margin{1};
/// How long after it began a charge still changes as a rule.
constexpr std::chrono::days looked_at{7};

bool is_money(const listed_charge& c) { return c.captured.minor() != 0 || c.refunded.minor() != 0; }

observe::gauge& differences_of(provider p)
{
    return observe::metrics().gauge("roost_payment_differences",
                                    "Charges of which the ledger and the provider say different things.",
                                    {{"provider", std::string{name_of(p)}}});
}

/// Money of a payment that is known is asked for again, and taken in or given back. The rest is for people.
bool mends_itself(const difference& d) { return d.kind == difference_kind::captured && d.payment && d.here < d.there; }

void tell(const difference& d)
{
    const auto say = mends_itself(d) ? log::warn : log::error;
    say("the ledger and a provider differ", {{"provider", name_of(d.provider)},
                                             {"reference", d.reference},
                                             {"kind", name_of(d.kind)},
                                             {"here", d.here},
                                             {"there", d.there}});
}

void compare(std::vector<difference>& out, provider p, const booked_charge& here, const listed_charge& there)
{
    const auto add = [&](difference_kind k, money ours, money theirs) {
        // No money is the same in every currency: what came in another than asked for was never taken.
        if (ours != theirs && (ours.minor() != 0 || theirs.minor() != 0))
            out.push_back(
                {p, here.reference, here.payment, k, std::string{ours.unit().code()}, ours.minor(), theirs.minor()});
    };
    add(difference_kind::captured, here.captured, there.captured);
    add(difference_kind::refunded, here.refunded, there.refunded);
}

}  // namespace

task<std::optional<reconciler::listed>> reconciler::list(gateway& g, instant from, instant to)
{
    listed all;
    std::string cursor;
    for (int i = 0; i < most_pages; ++i)
    {
        auto page = co_await g.charges(from - margin, to + margin, cursor);
        if (!page) co_return std::nullopt;
        for (auto& c : page->charges) all.insert_or_assign(c.reference, std::move(c));
        if (!page->next) co_return all;
        cursor = *std::move(page->next);
    }
    co_return std::nullopt;
}

task<std::vector<booked_charge>> reconciler::booked(provider p, instant from, instant to)
{
    std::vector<booked_charge> all;
    payment_id last;
    for (std::size_t got = batch; got == batch;)
    {
        auto some = co_await db_.all<booked_charge>(sql::booked_charges, p, from, to, last, batch);
        got = some.size();
        if (got != 0) last = some.back().payment;
        for (auto& c : some) all.push_back(std::move(c));
    }
    co_return all;
}

task<std::vector<difference>> reconciler::by_list(provider p, const listed& there, instant from, instant to)
{
    std::vector<difference> out;
    std::set<std::string, std::less<>> known;
    for (const auto& c : co_await booked(p, from, to))
    {
        known.insert(c.reference);
        if (const auto it = there.find(c.reference); it != there.end())
            compare(out, p, c, it->second);
        else if (c.captured.minor() != 0)
            out.push_back({p, c.reference, c.payment, difference_kind::unknown_there,
                           std::string{c.captured.unit().code()}, c.captured.minor(), 0});
    }
    for (const auto& [reference, c] : there)
    {
        if (known.contains(reference) || !is_money(c)) continue;
        if (co_await db_.one<payment_id>(sql::payment_of_reference, p, reference)) continue;  // of another day
        out.push_back({p, reference, std::nullopt, difference_kind::unknown_here, std::string{c.captured.unit().code()},
                       0, c.captured.minor()});
    }
    co_return out;
}

/// Where there is no list: what was captured, charge by charge.
task<std::vector<difference>> reconciler::one_by_one(provider p, gateway& g, instant from, instant to)
{
    std::vector<difference> out;
    for (const auto& c : co_await booked(p, from, to))
    {
        const auto of = co_await db_.one<payment_to_advance>(sql::payment_to_advance, c.payment);
        const auto said = co_await g.query(of->charged());
        if (std::holds_alternative<not_known>(said.outcome)) continue;
        listed_charge there{c.reference, money{0, c.captured.unit()}, c.refunded};
        if (const auto* taken = std::get_if<money_taken>(&said.outcome))
        {
            there.captured = taken->amount;
            there.refunded = taken->refunded.value_or(c.refunded);
        }
        compare(out, p, c, there);
    }
    co_return out;
}

/// Money that came without anybody telling of it is taken in, or given back.
task<> reconciler::ask_again(const std::vector<difference>& found)
{
    if (found.empty()) co_return;
    const auto done = co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        for (const auto& d : found)
            if (mends_itself(d))
                jobs::enqueue(tx, advance_payment, payment_job{*d.payment}, clock_.now(),
                              {.at = {}, .unique = d.payment->text()});
        co_return result<void>{};
    });
    done.value();
}

task<result<std::vector<difference>>> reconciler::reconcile(instant from, instant to)
{
    std::vector<difference> all;
    std::optional<provider> silent;
    for (const auto& [p, g] : gateways_.all())
    {
        std::vector<difference> found;
        if (!g->lists_charges())
            found = co_await one_by_one(p, *g, from, to);
        else if (const auto there = co_await list(*g, from, to))
            found = co_await by_list(p, *there, from, to);
        else
        {
            silent = p;
            continue;
        }
        for (const auto& d : found) tell(d);
        co_await ask_again(found);
        differences_of(p).set(static_cast<double>(found.size()));
        all.insert(all.end(), found.begin(), found.end());
    }
    if (silent) co_return fail(errc::unavailable, std::format("{} could not be asked", name_of(*silent)));
    co_return all;
}

task<result<std::vector<difference>>> reconciler::reconcile_latest()
{
    const auto to = clock_.now() - margin;  // what is under way is not compared
    co_return co_await reconcile(to - looked_at, to);
}

}  // namespace roost::payments
