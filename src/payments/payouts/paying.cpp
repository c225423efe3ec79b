#include "payments/jobs.hpp"
#include "payments/payouts/payouts.hpp"
#include "payments/payouts/queries.hpp"
#include "payments/store.hpp"
#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"

/// A payout on its way: asked of the provider, and what comes of it.
namespace roost::payments {

struct payout_row
{
    payout_id id;
    user_id host;
    money amount;
    payments::provider provider;
    std::string destination;
    payout_status status;
    std::optional<std::string> reference;
    std::optional<instant> asked_at;

    parties who() const { return {provider, host.text()}; }

    static constexpr auto fields =
        schema::fields(field<&payout_row::id>("id"), field<&payout_row::host>("host_id"),
                       field<&payout_row::amount>("amount"), field<&payout_row::provider>("provider"),
                       field<&payout_row::destination>("destination"), field<&payout_row::status>("status"),
                       field<&payout_row::reference>("provider_reference"), field<&payout_row::asked_at>("asked_at"));
};

namespace {

void count(const payout_row& p, payout_status to)
{
    observe::metrics()
        .counter("roost_payouts_total", "Payouts to hosts that have ended.",
                 {{"provider", std::string{name_of(p.provider)}}, {"status", std::string{name_of(to)}}})
        .add();
}

}  // namespace

/// The payout, noted as asked for if it was not; as it was before. Nothing when there is nothing to ask: it has failed,
/// or must not go out any more and has failed by that.
task<std::optional<payout_row>> payout_service::take(pg::tx& tx, payout_id id)
{
    const auto p = co_await tx.one<payout_row>(payouts::sql::lock_payout, id);
    if (!p || p->status == payout_status::failed) co_return std::nullopt;
    if (p->asked_at) co_return p;
    const auto now = clock_.now();  // before the lock: a dispute that is opened after it is opened later
    const auto disputed = co_await tx.one<bool>(payouts::sql::payout_is_disputed, id);
    const auto destination = co_await tx.one<bool>(payouts::sql::keep_destination, id);
    const auto held = co_await tx.one<bool>(payouts::sql::payout_is_held, id);
    if (!*disputed && destination && !*held)
    {
        tx.queue(payouts::sql::payout_is_asked, id, now);
        co_return p;
    }
    const auto* const why = *disputed ? "disputed" : *held ? "held" : "destination_changed";
    const payout_answer stopped{payout_status::failed, {}, why};
    co_await end(tx, *p, stopped);
    co_return std::nullopt;
}

task<result<void>> payout_service::pay(jobs::attempt& a, payout_id id)
{
    const auto taken = co_await db_.transaction(
        [&](pg::tx& tx) -> task<result<std::optional<payout_row>>> { co_return co_await take(tx, id); });
    if (!taken) co_return std::unexpected{taken.error()};
    const auto& p = *taken;
    if (!p) co_return result<void>{};
    auto* const gate = gateways_.find(p->provider);
    if (!gate) co_return fail(errc::unavailable, "this provider is not offered here any more");
    payout_request asked{.id = id,
                         .amount = p->amount,
                         .destination = p->destination,
                         .reference = p->reference.value_or(""),
                         .repeated = p->asked_at.has_value()};
    const auto said = co_await gate->pay_out(std::move(asked));
    if (said.status.value_or(payout_status::pending) == payout_status::pending)
    {
        if (!p->reference && !said.reference.empty())
            co_await db_.run(payouts::sql::payout_is_named, id, said.reference);
        if (p->status == payout_status::paid) co_return result<void>{};
        co_return fail(errc::unavailable, "the payout is not decided: " + said.reason);
    }
    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        co_await a.complete_in(tx);
        const auto still = co_await tx.one<payout_row>(payouts::sql::lock_payout, id);
        co_await end(tx, *still, said);
        co_return result<void>{};
    });
}

/// What the provider said, where it leads forward. Money may come back from a host who had it already.
task<> payout_service::end(pg::tx& tx, const payout_row& p, const payout_answer& said)
{
    const auto now = clock_.now();
    const auto to = *said.status;
    if (p.status == payout_status::failed || p.status == to) co_return;
    const bool failed = to == payout_status::failed;
    const journal j{.kind = failed ? journal_kind::payout_failed : journal_kind::payout_paid,
                    .dedupe_key = (failed ? "payout failed " : "payout paid ") + p.id.text(),
                    .payout = p.id,
                    .at = now};
    co_await post(
        tx, j,
        failed ? payout_returned(p.who(), p.amount, p.status == payout_status::paid) : payout_paid(p.who(), p.amount));
    const auto reference = said.reference.empty() ? std::nullopt : std::optional{said.reference};
    tx.queue(payouts::sql::end_payout, p.id, to, reference, failed ? std::optional{said.reason} : std::nullopt, now);
    tx.queue(payouts::sql::tell_payout, p.id, now);
    tx.after_commit([p, to] { count(p, to); });
    if (failed)
        log::warn("a payout has failed", {{"payout", p.id.text()}, {"host", p.host.text()}, {"why", said.reason}});
}

}  // namespace roost::payments
