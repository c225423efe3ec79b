#include "payments/inbox.hpp"

#include "payments/jobs.hpp"
#include "payments/queries.hpp"

namespace roost::payments {
namespace {

constexpr std::size_t longest_event = 65'536;
/// Providers repeat themselves for some days.
constexpr std::chrono::days kept{30};
constexpr int batch = 500;

}  // namespace

task<result<void>> inbox::receive(provider p, event_request e)
{
    auto* const from = gateways_.find(p);
    if (!from) co_return fail(errc::not_found, "there is nothing here");
    if (e.body.size() > longest_event) co_return fail(errc::payload_too_large, "an event is shorter than that");
    const auto event = co_await from->read_event(std::move(e));
    if (!event) co_return std::unexpected{event.error()};
    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        const auto now = clock_.now();
        const auto fresh = co_await tx.one<bool>(sql::insert_event, uuid::v7(), p, event->id, event->kind, event->about,
                                                 event->reference, event->payment, event->receipt, now);
        if (fresh) co_await ask_for(tx, p, *event, now);
        co_return result<void>{};
    });
}

/// Makes somebody ask the provider about what the event is about.
task<> inbox::ask_for(pg::tx& tx, provider p, const provider_event& e, instant now)
{
    if (e.about == event_subject::payment)
    {
        // Of a payment whose reference we do not know yet: it is asked for before long in any case.
        auto of = e.payment;
        if (!of) of = co_await tx.one<payment_id>(sql::payment_of_reference, p, e.reference);
        if (of) jobs::enqueue(tx, advance_payment, payment_job{*of}, now, {.at = {}, .unique = of->text()});
    }
    else if (e.about == event_subject::refund)
    {
        std::vector<refund_id> all;
        if (const auto id = uuid::parse(e.reference))
            all.push_back(refund_id{*id});
        else if (e.payment)
            all = co_await tx.all<refund_id>(sql::named_refunds_of_payment, *e.payment);
        for (const auto id : all) jobs::enqueue(tx, make_refund, refund_job{id}, now, {.at = {}, .unique = id.text()});
    }
    else if (e.about == event_subject::payout)
    {
        if (const auto id = uuid::parse(e.reference))
            jobs::enqueue(tx, make_payout, payout_job{payout_id{*id}}, now, {.at = {}, .unique = id->text()});
    }
    else if (e.about == event_subject::dispute)
        enqueue_check(tx, p, e.reference, now);
}

task<result<void>> inbox::forget_old()
{
    while (co_await db_.run(sql::forget_old_events, clock_.now() - kept, batch) == batch)
    {
    }
    co_return result<void>{};
}

}  // namespace roost::payments
