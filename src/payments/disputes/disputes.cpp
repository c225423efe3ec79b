#include "payments/disputes/disputes.hpp"

#include "payments/disputes/queries.hpp"
#include "payments/jobs.hpp"
#include "payments/queries.hpp"
#include "payments/store.hpp"
#include "platform/observe/log.hpp"

namespace roost::payments {

struct dispute_row
{
    dispute_id id;
    std::string reference;
    money amount, withdrawn, fee;
    int moves;
    dispute_status status;

    static constexpr auto fields = schema::fields(
        field<&dispute_row::id>("id"), field<&dispute_row::reference>("reference"),
        field<&dispute_row::amount>("amount"), field<&dispute_row::withdrawn>("withdrawn"),
        field<&dispute_row::fee>("fee"), field<&dispute_row::moves>("moves"), field<&dispute_row::status>("status"));
};

namespace {

constexpr int batch = 200;
/// Banks take weeks.
constexpr std::chrono::hours pause{6};

struct named_dispute
{
    payments::provider provider;
    std::string reference;

    static constexpr auto fields =
        schema::fields(field<&named_dispute::provider>("provider"), field<&named_dispute::reference>("reference"));
};

/// Posts what the provider took, or gave, since it was last asked.
task<> follow_money(pg::tx& tx, const payment_row& p, dispute_row& d, money withdrawn, money fee, instant now)
{
    const auto more = withdrawn - d.withdrawn, more_fee = fee - d.fee;
    if (more.minor() == 0 && more_fee.minor() == 0) co_return;
    const journal j{.kind = journal_kind::dispute_moved,
                    .dedupe_key = "dispute " + d.id.text() + " " + std::to_string(++d.moves),
                    .of = &p,
                    .dispute = d.id,
                    .at = now};
    co_await post(tx, j, dispute_moved(p.who(), more, more_fee));
    d.withdrawn = withdrawn;
    d.fee = fee;
}

}  // namespace

task<result<void>> dispute_service::check(jobs::attempt& a, provider p, std::string reference)
{
    auto* const gate = gateways_.find(p);
    if (!gate) co_return fail(errc::unavailable, "this provider is not offered here any more");
    const auto seen = co_await gate->query_dispute(reference);
    if (!seen) co_return fail(errc::unavailable, "how a dispute stands is not known");
    const auto of = co_await db_.one<payment_id>(sql::payment_of_reference, p, seen->charge);
    if (!of) co_return fail(errc::unavailable, "there is no payment of which the provider tells a dispute");
    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        co_await a.complete_in(tx);
        co_return co_await hear(tx, *of, p, reference, *seen);
    });
}

task<result<void>> dispute_service::hear(pg::tx& tx, payment_id of, provider by, const std::string& reference,
                                         const dispute_seen& seen)
{
    const auto booking = co_await tx.one<booking_id>(sql::booking_of_payment, of);
    auto b = (co_await bookings::lock_payable(tx, booking.value())).value();
    auto p = (co_await tx.one<payment_row>(sql::lock_payment, of)).value();
    const money none{0, p.amount.unit()};
    if (!is_captured(p.status))
        co_return fail(errc::unavailable, "the disputed payment is not known to have gone through");
    if (seen.amount.unit() != none.unit() || seen.amount.minor() < 0)
        co_return fail(errc::unavailable, "a dispute of an amount that cannot be");
    co_await tx.run(disputes::sql::freeze_earning, b.id);
    const auto now = clock_.now();  // after the freeze: what was paid out before was paid out earlier
    const bool fresh =
        (co_await tx.one<bool>(disputes::sql::insert_dispute, dispute_id::make(), by, reference, of, b.id,
                               p.amount.unit(), seen.amount.minor(), seen.reason, now + pause, now))
            .has_value();
    auto d = (co_await tx.one<dispute_row>(disputes::sql::lock_dispute, by, reference)).value();
    const bool again = d.status == dispute_status::won && seen.status != dispute_status::won;
    if (again)
    {
        tx.queue(disputes::sql::reopen_dispute, d.id, now);
        d.status = dispute_status::open;
    }
    if (fresh || again)
    {
        log::warn("a payment is disputed",
                  {{"dispute", d.id.text()}, {"payment", of.text()}, {"booking", b.id.text()}});
        bookings::set_disputed(tx, b.id, true, now);
        tx.queue(disputes::sql::tell_dispute, d.id, "dispute.opened", now);
    }
    if (d.status == dispute_status::open)
    {
        const bool won = seen.status == dispute_status::won;
        // A fee in another currency is no matter of this payment's books.
        const auto fee = seen.fee.unit() == none.unit() ? seen.fee : none;
        co_await follow_money(tx, p, d, won ? none : seen.amount, fee, now);
        if (seen.status == dispute_status::lost) co_await lose(tx, b, p, d, now);
        const bool over = seen.status != dispute_status::open;
        tx.queue(disputes::sql::save_dispute, d.id, seen.amount.minor(), d.withdrawn.minor(), d.fee.minor(), d.moves,
                 seen.status, seen.reason, over ? std::nullopt : std::optional{now + pause},
                 over ? std::optional{now} : std::nullopt);
        if (over) tx.queue(disputes::sql::tell_dispute, d.id, won ? "dispute.won" : "dispute.lost", now);
    }
    else if (d.status == dispute_status::lost && seen.status != dispute_status::lost)
        log::error("a dispute that was lost stands otherwise now",
                   {{"dispute", d.id.text()}, {"payment", of.text()}, {"status", name_of(seen.status)}});
    if (const auto open = co_await tx.one<bool>(disputes::sql::thaw_earning, b.id); !*open)
        bookings::set_disputed(tx, b.id, false, now);
    // Those of a payment that is still disputed go on waiting.
    for (const auto id : co_await tx.all<refund_id>(disputes::sql::refunds_waiting, of))
        jobs::enqueue(tx, make_refund, refund_job{id}, now, {.at = {}, .unique = id.text()});
    co_return result<void>{};
}

/// The guest has the money: first what was owed anyway, then as a refund of what is left of the payment, which
/// everybody bears who has a part of it. What goes beyond, because it was given back before, is lost.
task<> dispute_service::lose(pg::tx& tx, bookings::payable& b, payment_row& p, dispute_row& d, instant now)
{
    const money none{0, d.amount.unit()};
    auto left = d.withdrawn, owed = none;
    for (const auto& r : co_await tx.all<refund>(disputes::sql::refunds_owed, p.id))
    {
        if (left.minor() == 0) break;
        const bool whole = r.amount.minor() <= left.minor();
        const auto paid = whole ? r.amount : left;
        if (whole)
            tx.queue(sql::end_refund, r.id, refund_status::succeeded, d.reference, std::nullopt, now);
        else
            tx.queue(disputes::sql::pay_refund_in_part, r.id, refund_id::make(), paid.minor(), d.reference, now);
        owed += paid;
        left += -paid;
    }
    const auto rest = p.captured - p.to_refund;
    const auto back = rest.minor() < left.minor() ? rest : left;
    change_of_owners owners{{none, none, none}, {none, none, none}};
    if (back.minor() > 0)
    {
        const auto id = refund_id::make();
        tx.queue(sql::insert_refund, id, p.id, back.unit(), back.minor(), refund_cause::dispute, "", std::nullopt, now);
        tx.queue(sql::end_refund, id, refund_status::succeeded, d.reference, std::nullopt, now);
        owners = co_await owners_once(tx, b, b.paid - back);
        bookings::add_paid(tx, b.id, -back, now);
    }
    if (d.withdrawn.minor() == 0) co_return;
    const journal j{
        .kind = journal_kind::dispute_lost, .dedupe_key = "lost " + d.id.text(), .of = &p, .dispute = d.id, .at = now};
    co_await post(tx, j, dispute_lost(p.who(), owed, owners.before, owners.after, left - back));
    d.withdrawn = none;
    p.to_refund += back;
    p.refunded += owed + back;
    p.status = status_after_refunds(p.captured, p.refunded);
    co_await save(tx, p, std::nullopt, now);
    receipts_.issue(tx, b.id, now);
}

task<result<void>> dispute_service::enqueue_due()
{
    const auto now = clock_.now();
    for (std::size_t taken = batch; taken == batch;)
    {
        const auto done = co_await db_.transaction([&](pg::tx& tx) -> task<result<std::size_t>> {
            const auto due = co_await tx.all<named_dispute>(disputes::sql::take_due_disputes, now, now + pause, batch);
            for (const auto& d : due) enqueue_check(tx, d.provider, d.reference, now);
            co_return due.size();
        });
        if (!done) co_return std::unexpected{done.error()};
        taken = *done;
    }
    co_return result<void>{};
}

}  // namespace roost::payments
