#include <algorithm>

#include "payments/admin/audit.hpp"
#include "payments/jobs.hpp"
#include "payments/queries.hpp"
#include "payments/service.hpp"
#include "payments/store.hpp"
#include "platform/observe/log.hpp"

/// What a provider's answers do: to the payment, the booking and the ledger, in one transaction.
namespace roost::payments {

/// Money that is to go back.
struct refund_order
{
    money amount;
    refund_cause cause;
    std::string reason = {};
    std::optional<user_id> by = {};
};

namespace {

using namespace std::chrono_literals;

/// What an answer makes of a payment; nothing when it says nothing.
std::optional<payment_status> status_of(const outcome& o)
{
    if (std::holds_alternative<still_pending>(o)) return payment_status::pending;
    if (std::holds_alternative<action_required>(o)) return payment_status::requires_action;
    if (std::holds_alternative<money_held>(o)) return payment_status::authorized;
    if (std::holds_alternative<money_taken>(o)) return payment_status::succeeded;
    if (std::holds_alternative<charge_failed>(o)) return payment_status::failed;
    if (std::holds_alternative<charge_cancelled>(o)) return payment_status::cancelled;
    return std::nullopt;
}

/// An amount that cannot be meant is no answer; another currency than was asked for is a failure.
outcome made_sense_of(const outcome& o, money asked)
{
    std::optional<money> amount;
    if (const auto* held = std::get_if<money_held>(&o)) amount = held->amount;
    if (const auto* taken = std::get_if<money_taken>(&o)) amount = taken->amount;
    if (amount && amount->unit() != asked.unit()) return charge_failed{"wrong_currency"};
    if (amount && amount->minor() <= 0) return not_known{"an amount that cannot be"};
    return o;
}

/// When to ask again: soon at first, ever more rarely, and when the booking's time is over. Once it is decided, never,
/// but `unclear` for what did not come to anything and was asked for since money may have come after all.
std::optional<instant> next_check(const payment_row& p, const bookings::payable& b, instant now, bool unclear = false)
{
    const bool decided = !is_open(p.status) && p.status != payment_status::authorized;
    if (is_captured(p.status) || (decided && !(unclear && p.reference))) return std::nullopt;
    const auto pause = std::clamp<instant::duration>((now - p.created_at) / 4, 15s, 1h);
    // Time moves the booking on within a second or two.
    if (b.due_at && is_pending(b.status)) return std::min<instant>(now + pause, std::max(*b.due_at, now) + 5s);
    return now + pause;
}

/// When there is something to do at the provider, and not only to ask.
void advance_at_once(pg::tx& tx, const payment_row& p, const bookings::payable& b, instant now)
{
    const auto step = step_of(p.stands(b.status));
    if (step == next_step::capture || step == next_step::cancel)
        jobs::enqueue(tx, advance_payment, payment_job{p.id}, now, {.at = {}, .unique = p.id.text()});
}

/// The guest has got a refund; below zero: it has come back.
task<> post_refund(pg::tx& tx, payment_row& p, refund_id id, money amount, instant now)
{
    const bool back = amount.minor() < 0;
    p.refunded += amount;
    p.status = status_after_refunds(p.captured, p.refunded);
    const journal j{.kind = back ? journal_kind::refund_returned : journal_kind::refund_paid,
                    .dedupe_key = (back ? "returned " : "paid ") + id.text(),
                    .of = &p,
                    .refund = id,
                    .at = now};
    co_await post(tx, j, given_back(p.who(), amount));
    co_await save(tx, p, std::nullopt, now);
}

/// What the provider has decided about a refund that was asked for, or was done, as `r`. The booking is locked.
task<> hear_of_refund(pg::tx& tx, refund_id id, const refund_to_make& r, const refund_answer& said, instant now)
{
    auto of = (co_await tx.one<payment_row>(sql::lock_payment, r.payment)).value();
    const auto still = co_await tx.one<refund>(sql::lock_refund, id);
    if (still->status != r.status) co_return;
    const bool refused = *said.status == refund_status::failed;
    tx.queue(sql::end_refund, id, *said.status, said.reference, refused ? std::optional{said.reason} : std::nullopt,
             now);
    if (refused)
        log::error("a provider refuses to give money back",
                   {{"refund", id.text()}, {"payment", of.id.text()}, {"why", said.reason}});
    const bool had_arrived = r.status == refund_status::succeeded;
    if (had_arrived || !refused) co_await post_refund(tx, of, id, refused ? -r.amount : r.amount, now);
    tx.queue(sql::tell_payment, of.id, refused ? "payment.refund_failed" : "payment.refunded", now, id);
}

}  // namespace

task<payment> service::settle(pg::tx& tx, payment_id id, next_step asked, answer a)
{
    const auto now = clock_.now();
    const auto booking = co_await tx.one<booking_id>(sql::booking_of_payment, id);
    auto b = (co_await bookings::lock_payable(tx, booking.value())).value();
    auto p = (co_await tx.one<payment_row>(sql::lock_payment, id)).value();
    a.outcome = made_sense_of(a.outcome, p.amount);
    const auto* const unclear = std::get_if<not_known>(&a.outcome);
    if (unclear)
        log::warn("how a payment stands is not known",
                  {{"payment", id.text()}, {"provider", name_of(p.provider)}, {"why", unclear->why}});

    const auto before = p.status;
    if (!co_await hear(tx, b, p, a, now))
    {
        tx.queue(sql::check_again, id, next_check(p, b, now, unclear != nullptr));
        // Unless that is what has just been tried: the booking may have moved on since the provider was asked.
        if (step_of(p.stands(b.status)) != asked) advance_at_once(tx, p, b, now);
        co_return p.shown(true);
    }
    const auto saved = co_await save(tx, p, next_check(p, b, now), now);
    if (p.status != before && p.status == payment_status::failed)
        tx.queue(sql::tell_payment, id, "payment.failed", now, std::optional<refund_id>{});
    if (is_captured(p.status))
        tx.queue(sql::tell_payment, id, p.applied ? "payment.succeeded" : "payment.orphaned", now,
                 std::optional<refund_id>{});
    advance_at_once(tx, saved, b, now);
    if (is_captured(p.status)) receipts_.issue(tx, b.id, now);
    co_return saved.shown(true);
}

/// Whether there was anything new.
task<bool> service::hear(pg::tx& tx, bookings::payable& b, payment_row& p, const answer& a, instant now)
{
    const bool first = !p.reference && !a.reference.empty();
    if (first) p.reference = a.reference;
    const auto to = status_of(a.outcome);
    if (!to || !may_become(p.status, *to)) co_return first;

    p.next_action.reset();
    p.failure_reason.reset();
    if (const auto* taken = std::get_if<money_taken>(&a.outcome))
    {
        co_await take_money(tx, b, p, *taken, now);
        co_return true;
    }
    p.status = *to;
    p.applied = false;
    if (const auto* action = std::get_if<action_required>(&a.outcome)) p.next_action = action->action;
    if (const auto* held = std::get_if<money_held>(&a.outcome))
        p.applied = held->amount == p.amount && is_pending(b.status) && co_await is_free(tx, p);
    if (const auto* refused = std::get_if<charge_failed>(&a.outcome))
    {
        p.failure_reason = refused->reason;
        if (refused->reason == "wrong_currency")
            log::error("a payment is in another currency than was asked for", {{"payment", p.id.text()}});
    }
    co_return true;
}

task<bool> service::is_free(pg::tx& tx, const payment_row& p)
{
    const auto has = co_await tx.one<bool>(sql::has_applied, p.booking, p.purpose, p.alteration, p.id);
    co_return !has.value();
}

/// Whether the booking has a use for the money, and has made it.
task<bool> service::takes(pg::tx& tx, const bookings::payable& b, const payment_row& p, instant now)
{
    if (p.captured != p.amount)
    {
        log::error("another amount was taken than was asked for",
                   {{"payment", p.id.text()}, {"asked", p.amount.minor()}, {"taken", p.captured.minor()}});
        co_return false;
    }
    if ((b.paid + p.captured).minor() > b.total.minor()) co_return false;
    if (!p.applied && !co_await is_free(tx, p)) co_return false;
    if (p.purpose == payment_purpose::alteration) co_return is_firm(b.status);
    co_return co_await bookings::confirm_paid(tx, b, now);
}

task<> service::take_money(pg::tx& tx, bookings::payable& b, payment_row& p, money_taken m, instant now)
{
    p.status = payment_status::succeeded;
    p.captured = m.amount;
    p.applied = co_await takes(tx, b, p, now);
    const auto key = "capture " + p.id.text();
    if (!p.applied)
    {
        log::warn("a payment was not taken and is given back",
                  {{"payment", p.id.text()}, {"booking", b.id.text()}, {"booking_status", name_of(b.status)}});
        const journal j{.kind = journal_kind::capture_not_taken, .dedupe_key = key, .of = &p, .at = now};
        co_await post(tx, j, captured_to_give_back(p.who(), m.amount, m.fee));
        const refund_order all{.amount = m.amount, .cause = refund_cause::not_taken};
        order_refund(tx, p, all, now);
        co_return;
    }
    const auto owners = co_await owners_once(tx, b, b.paid + m.amount);
    const journal j{.kind = journal_kind::capture, .dedupe_key = key, .of = &p, .at = now};
    co_await post(tx, j, captured(p.who(), m.amount, m.fee, owners.before, owners.after));
    bookings::add_paid(tx, b.id, m.amount, now);
    b.paid += m.amount;
}

refund_id service::order_refund(pg::tx& tx, payment_row& p, const refund_order& r, instant now)
{
    const auto id = refund_id::make();
    tx.queue(sql::insert_refund, id, p.id, r.amount.unit(), r.amount.minor(), r.cause, r.reason, r.by, now);
    jobs::enqueue(tx, make_refund, refund_job{id}, now, {.at = {}, .unique = id.text()});
    p.to_refund += r.amount;
    return id;
}

/// The guest is owed it from now on, and whoever had it has not.
task<> service::give_back(pg::tx& tx, bookings::payable& b, payment_row& p, const refund_order& r, instant now)
{
    const auto id = order_refund(tx, p, r, now);
    const auto owners = co_await owners_once(tx, b, b.paid - r.amount);
    const journal j{
        .kind = journal_kind::refund_decided, .dedupe_key = "owed " + id.text(), .of = &p, .refund = id, .at = now};
    co_await post(tx, j, owed(p.who(), r.amount, owners.before, owners.after));
    bookings::add_paid(tx, b.id, -r.amount, now);
    b.paid += -r.amount;
    co_await save(tx, p, std::nullopt, now);
}

/// What the provider cannot send out stands for itself, and does not keep the rest from its owner.
task<> service::give_back_in_parts(pg::tx& tx, bookings::payable& b, payment_row& p, refund_order r, instant now)
{
    const auto* const gate = gateways_.find(p.provider);
    const auto first = gate ? gate->payable(r.amount) : r.amount;
    if (const auto rest = r.amount - first; first.minor() > 0 && rest.minor() > 0)
    {
        r.amount = first;
        co_await give_back(tx, b, p, r, now);
        r.amount = rest;
    }
    co_await give_back(tx, b, p, r, now);
}

task<> service::follow(pg::tx& tx, const bookings::step_taken& s)
{
    const auto now = clock_.now();
    auto left = s.give_back;
    if (left.minor() > 0)
    {
        auto b = (co_await bookings::lock_payable(tx, s.booking)).value();
        for (auto& p : co_await tx.all<payment_row>(sql::refundable_of_booking, s.booking))
        {
            const money most = p.captured - p.to_refund;
            const refund_order r{.amount = most.minor() < left.minor() ? most : left,
                                 .cause = s.by_alteration ? refund_cause::alteration : refund_cause::cancellation,
                                 .reason = s.reason,
                                 .by = s.by};
            if (r.amount.minor() == 0) break;
            co_await give_back_in_parts(tx, b, p, r, now);
            left = left - r.amount;
        }
        receipts_.issue(tx, b.id, now);
    }
    for (const auto id : co_await tx.all<payment_id>(sql::unfinished_of_booking, s.booking))
        jobs::enqueue(tx, advance_payment, payment_job{id}, now, {.at = {}, .unique = id.text()});
}

task<result<refund>> service::refund_by_admin(pg::tx& tx, const identity& who, payment_id id, new_refund asked)
{
    const auto booking = co_await tx.one<booking_id>(sql::booking_of_payment, id);
    if (!booking) co_return fail(errc::not_found, "there is no such payment");
    auto b = (co_await bookings::lock_payable(tx, *booking)).value();
    auto p = (co_await tx.one<payment_row>(sql::lock_payment, id)).value();
    const auto most = p.captured - p.to_refund;
    if (most.minor() == 0) co_return fail(errc::wrong_state, "there is nothing left to give back");
    const auto amount = asked.amount.value_or(most);
    if (amount.unit() != most.unit()) co_return invalid("/amount/currency", "the payment is in another currency");
    if (amount.minor() > most.minor()) co_return invalid("/amount/amount", "more than is left of the payment");
    if (const auto* const gate = gateways_.find(p.provider); gate && gate->payable(amount) != amount)
        co_return invalid("/amount/amount", "the provider cannot send exactly that at a time");
    const refund_order r{
        .amount = amount, .cause = refund_cause::admin, .reason = std::move(asked.reason), .by = who.user};
    const auto now = clock_.now();
    co_await give_back(tx, b, p, r, now);
    receipts_.issue(tx, b.id, now);
    audit(tx, who.user, "payment.refunded", id.value, r.reason, now);
    const auto made = co_await tx.all<refund>(sql::refunds_of_payment, id);
    co_return made.front();
}

task<result<void>> service::pay_back(jobs::attempt& a, refund_id id)
{
    const auto r = co_await db_.one<refund_to_make>(sql::refund_to_make, id, clock_.now());
    if (!r) co_return result<void>{};
    const auto p = co_await db_.one<payment_to_advance>(sql::payment_to_advance, r->payment);
    auto* const gate = gateways_.find(p->payment.provider);
    if (!gate) co_return fail(errc::unavailable, "this provider is not offered here any more");
    refund_request asked{.of = p->charged(),
                         .id = id,
                         .amount = r->amount,
                         .reference = r->reference.value_or(""),
                         .repeated = r->asked_at.has_value()};
    const auto said = co_await gate->refund(std::move(asked));
    if (r->status == refund_status::succeeded && said.status && *said.status != refund_status::failed)
        co_return result<void>{};
    if (said.status.value_or(refund_status::pending) == refund_status::pending)
    {
        if (!r->reference && !said.reference.empty()) co_await db_.run(sql::refund_is_named, id, said.reference);
        co_return fail(errc::unavailable, "the refund is not decided: " + said.reason);
    }

    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        co_await a.complete_in(tx);
        co_await bookings::lock_payable(tx, p->payment.booking);
        co_await hear_of_refund(tx, id, *r, said, clock_.now());
        co_return result<void>{};
    });
}

}  // namespace roost::payments
