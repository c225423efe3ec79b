#include "notifications/dispatcher.hpp"

#include <algorithm>
#include <format>

#include "notifications/jobs.hpp"
#include "notifications/queries.hpp"
#include "notifications/rendering.hpp"
#include "platform/observe/log.hpp"

namespace roost::notifications {
namespace {

constexpr int batch = 500;
constexpr std::chrono::seconds batch_time{10};  // well within the job's timeout: a long queue is no failure
constexpr int most_failures = 5;

std::optional<kind> account_message(std::string_view event)
{
    if (event == "account.verify_asked") return kind::verify_address;
    if (event == "account.reset_asked") return kind::reset_password;
    if (event == "account.password_changed") return kind::password_changed;
    if (event == "account.signed_in") return kind::new_sign_in;
    return std::nullopt;
}

std::string occasion_of(const event& e) { return std::format("event {}", e.id); }

}  // namespace

task<int> dispatcher::dispatch()
{
    std::int64_t passed = 0;
    const auto until = std::chrono::steady_clock::now() + batch_time;
    int done = 0;
    for (; done < batch && std::chrono::steady_clock::now() < until; ++done)
    {
        std::int64_t now_at = 0;
        std::string failure;
        try
        {
            const auto told = co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
                now_at = (co_await tx.one<std::int64_t>(sql::take_event, passed)).value_or(0);
                if (now_at == 0) co_return result<void>{};
                co_await tell(tx, (co_await tx.one<event>(sql::find_event, now_at)).value());
                tx.queue(sql::mark_dispatched, now_at, clock_.now());
                co_return result<void>{};
            });
            if (!told) failure = told.error().detail;
        }
        catch (const pg::sql_error& e)
        {
            failure = e.what();
        }
        catch (const std::logic_error& e)  // a row or template that does not fit
        {
            failure = e.what();
        }
        if (now_at == 0) co_return done;
        passed = now_at;
        if (!failure.empty()) co_await note_failure(passed, failure);
    }
    co_return done;
}

task<> dispatcher::note_failure(std::int64_t event, const std::string& why)
{
    const auto given_up = co_await db_.one<bool>(sql::note_failed_dispatch, event, most_failures, clock_.now());
    log::error("an event could not be told",
               {{"event", event}, {"error", why}, {"given_up", given_up.value_or(false)}});
}

task<> dispatcher::tell(pg::tx& tx, const event& e)
{
    if (e.kind.starts_with("booking."))
        co_await tell_booking(tx, e);
    else if (e.kind.starts_with("review."))
        co_await tell_review(tx, e);
    else if (e.kind.starts_with("payment."))
        co_await tell_payment(tx, e);
    else if (e.kind.starts_with("payout."))
        co_await tell_payout(tx, e);
    else if (e.kind == "feed.conflict")
        co_await tell_conflict(tx, e);
    else if (const auto k = account_message(e.kind))
        co_await tell_person(tx, e, *k);
}

task<> dispatcher::tell_booking(pg::tx& tx, const event& e)
{
    const auto messages = messages_of(e);
    if (messages.empty()) co_return;
    const auto b = co_await tx.one<booking_to_tell>(sql::booking_to_tell, e.subject, e.status);
    if (!b) co_return;
    for (const auto& m : messages)
        co_await send(tx, m.side == side::guest ? b->guest : b->host, m, facts_of(*b, e, m, site_), e.subject,
                      occasion_of(e));
    const auto remind_at = b->starts_at - reminded_before;
    // By when it happened, not by now: an event that was dispatched late still gets its reminder.
    if (b->status == "confirmed" && remind_at > e.at)
        jobs::enqueue(tx, remind_of_stay, stay_to_remind_of{b->id}, clock_.now(),
                      {.at = remind_at, .unique = std::format("{} {}", b->id.text(), format(b->starts_at))});
}

task<> dispatcher::tell_review(pg::tx& tx, const event& e)
{
    const auto r = co_await tx.one<review_to_tell>(sql::review_to_tell, e.subject);
    if (!r) co_return;
    const auto m = message_of(e, *r, clock_.now());
    if (!m) co_return;
    // A blind review is not there for the other side; its stay is.
    const auto about = m->kind == kind::review_received ? subject_id{r->booking.value} : r->id;
    co_await send(tx, m->kind == kind::review_replied ? r->author : r->reviewed, *m, facts_of(*r, *m, site_), about,
                  occasion_of(e));
}

task<> dispatcher::tell_payment(pg::tx& tx, const event& e)
{
    const auto refund = subject_id::parse(e.refund_is);
    const auto p = co_await tx.one<payment_to_tell>(sql::payment_to_tell, e.subject, refund);
    const auto m = p ? message_of(e, *p) : std::nullopt;
    if (!m) co_return;
    auto people = std::vector<person>(1, p->guest);
    if (m->side == side::person) people = co_await tx.all<person>(sql::admins_to_tell);
    for (const auto& who : people)
        co_await send(tx, who, *m, facts_of(*p, who, site_), subject_id{p->booking.value}, occasion_of(e));
}

task<> dispatcher::tell_payout(pg::tx& tx, const event& e)
{
    const auto p = co_await tx.one<payout_to_tell>(sql::payout_to_tell, e.subject);
    if (!p) co_return;
    const to_tell what{e.kind == "payout.paid" ? kind::payout_paid : kind::payout_failed, side::host};
    co_await send(tx, p->host, what, facts_of(*p, site_), e.subject, occasion_of(e));
}

task<> dispatcher::tell_conflict(pg::tx& tx, const event& e)
{
    const auto property = property_id::parse(e.property);
    const auto p =
        co_await tx.one<property_to_tell>(sql::property_to_tell, property ? property->value : e.subject.value);
    if (p)
        co_await send(tx, p->host, {kind::calendar_conflict, side::host}, facts_of(*p, e, site_),
                      subject_id{p->id.value}, occasion_of(e));
}

task<> dispatcher::tell_person(pg::tx& tx, const event& e, kind k)
{
    const auto p = co_await tx.one<person>(sql::person_to_tell, e.subject);
    if (p) co_await send(tx, *p, {k, side::person}, facts_of(*p, e, k, site_), e.subject, occasion_of(e));
}

task<> dispatcher::send(pg::tx& tx, const person& to, to_tell what, const facts& f, subject_id about,
                        std::string occasion)
{
    if (!to.open) co_return;
    const auto now = clock_.now();
    const auto c = category_of(what.kind);
    const auto off = is_required(c) ? std::vector<channel>{} : co_await tx.all<channel>(sql::switched_off, to.id, c);
    const auto key = std::format("{} {} {}", occasion, to.id.text(), name_of(what.kind));
    if (!is_mail_only(what.kind) && !std::ranges::contains(off, channel::in_app))
    {
        const auto r = render(to.locale, what.kind, what.side, f, {});
        tx.queue(sql::insert_notification, notification_id::make(), to.id, key, what.kind, r.subject, r.summary, about,
                 now);
    }
    if (!to.has_address || std::ranges::contains(off, channel::mail)) co_return;
    const auto id = mail_id::make();
    const auto made = co_await tx.run(sql::insert_mail, id, to.id, key, what.kind, what.side, to.locale,
                                      pg::json{schema::to_json(f)}, now);
    if (made == 1) jobs::enqueue(tx, send_mail, mail_to_send{id}, now);
}

task<result<void>> dispatcher::remind(jobs::attempt& a, booking_id which)
{
    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        co_await a.complete_in(tx);
        const auto b = co_await tx.one<booking_to_tell>(sql::booking_to_tell, which, "confirmed");
        const auto now = clock_.now();
        if (!b || b->status != "confirmed" || b->starts_at <= now) co_return result<void>{};
        if (b->starts_at - reminded_before > now) co_return result<void>{};  // was moved: its own job will come
        const auto occasion = std::format("reminder {} {}", which.text(), format(b->starts_at));
        for (const auto s : {side::guest, side::host})
        {
            const to_tell what{kind::check_in_reminder, s};
            co_await send(tx, s == side::guest ? b->guest : b->host, what, facts_of(*b, {}, what, site_),
                          subject_id{which.value}, occasion);
        }
        co_return result<void>{};
    });
}

}  // namespace roost::notifications
