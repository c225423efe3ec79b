#include "payments/service.hpp"

#include <format>

#include "payments/jobs.hpp"
#include "payments/queries.hpp"
#include "payments/store.hpp"

namespace roost::payments {
namespace {

using namespace std::chrono_literals;

/// Of one booking, ever: keeps its list short.
constexpr int most_payments = 50;
constexpr int due_batch = 200;
/// When a payment is looked at whose beginning was cut off.
constexpr std::chrono::seconds first_check{15};

std::unexpected<error> no_such_payment() { return fail(errc::not_found, "there is no such payment"); }

/// What is to be paid for a booking now, or why nothing is.
struct due
{
    payment_purpose purpose = payment_purpose::booking;
    std::optional<bookings::alteration_id> alteration = {};
    capture_mode capture = capture_mode::automatic;
};

result<due> due_of(const bookings::payable& b, bool can_hold, instant now)
{
    using bookings::booking_status;
    const auto nothing = [](std::string why) { return fail(errc::wrong_state, std::move(why)); };
    if (b.due().minor() <= 0) return nothing("nothing is to be paid");
    if (b.payment_mode != payment_mode::online || (is_firm(b.status) && !b.alteration))
        return nothing("it is paid on arrival");
    if (is_firm(b.status)) return due{payment_purpose::alteration, b.alteration, capture_mode::automatic};
    if (!is_pending(b.status)) return nothing(std::format("a booking that is {} is not paid", name_of(b.status)));
    if (b.due_at && *b.due_at <= now) return nothing("the time to pay is over");
    if (b.status != booking_status::requested) return due{};
    if (!can_hold) return nothing("with this provider it is paid once the host has accepted");
    return due{.capture = capture_mode::manual};
}

std::string list_name(const identity& who, const payment_filter& f)
{
    auto name = std::format("payments {} {}", who.user.text(), name_of(f.role));
    for (const auto s : f.status) name.append(" ").append(name_of(s));
    return name;
}

task<answer> ask(gateway& g, next_step step, charge c)
{
    switch (step)
    {
        case next_step::begin: return g.begin(std::move(c));
        case next_step::capture: return g.capture(std::move(c));
        case next_step::cancel: return g.cancel(std::move(c));
        case next_step::query:
        case next_step::nothing: break;
    }
    return g.query(std::move(c));
}

/// What the provider has told besides its reference.
task<> keep_receipt(pg::queryable& db, const payment_to_advance& p)
{
    if (!p.payment.receipt && p.told_receipt) co_await db.run(sql::keep_receipt, p.payment.id, *p.told_receipt);
}

std::vector<payment> shown_to(const identity& who, const std::vector<payment_row>& rows)
{
    std::vector<payment> all;
    all.reserve(rows.size());
    for (const auto& p : rows) all.push_back(p.shown(p.guest == who.user));
    return all;
}

/// A payment as a row of a list.
struct listed
{
    payment shown;
    std::int64_t key = 0;
    payment_id id;
};

}  // namespace

task<result<started>> service::start(const identity& who, uuid work, new_payment asked)
{
    auto* const gate = gateways_.find(asked.provider);
    if (!gate) co_return invalid("/provider", "is not offered here");
    auto c = co_await db_.transaction(
        [&](pg::tx& tx) -> task<result<charge>> { co_return co_await make(tx, who, payment_id{work}, asked, *gate); });
    if (!c) co_return std::unexpected{c.error()};
    started begun{.payment = c->id, .answer = co_await gate->begin(*std::move(c))};
    co_return begun;
}

task<result<charge>> service::make(pg::tx& tx, const identity& who, payment_id id, const new_payment& asked,
                                   const gateway& gate)
{
    const auto now = clock_.now();
    if (const auto begun = co_await tx.one<payment_row>(sql::find_payment, id, who.user, false))
        co_return begun->charged(true);
    const auto b = co_await bookings::lock_payable(tx, asked.booking);
    if (!b || (who.user != b->guest && who.user != b->host && !who.is_admin))
        co_return invalid("/booking_id", "there is no such booking");
    if (who.user != b->guest) co_return fail(errc::not_allowed, "only the guest pays");
    const auto what = due_of(*b, gate.can_hold(), now);
    if (!what) co_return std::unexpected{what.error()};
    const auto has = co_await tx.one<bool>(sql::has_applied, b->id, what->purpose, what->alteration, id);
    if (*has) co_return fail(errc::wrong_state, "it is paid");
    if (co_await tx.one<std::int64_t>(sql::count_payments, b->id) >= most_payments)
        co_return fail(errc::too_many_requests, "too many payments for a booking");
    const auto amount = b->due();
    if (!gate.takes(asked.method, amount.unit()))
        co_return invalid("/method", std::format("this provider does not take it in {}", amount.unit().code()));
    const auto made = co_await tx.one<payment_row>(sql::insert_payment, id, b->id, b->guest, b->host, what->purpose,
                                                   what->alteration, amount.unit(), amount.minor(), asked.method,
                                                   asked.provider, what->capture, now + first_check, now, asked.phone);
    auto asked_for = made.value().charged(false);
    if (auto ok = gate.check(asked_for); !ok) co_return std::unexpected{std::move(ok.error())};
    co_return asked_for;
}

task<result<payment>> service::find(const identity& who, payment_id id)
{
    const auto p = co_await db_.one<payment_row>(sql::find_payment, id, who.user, who.is_admin);
    if (!p) co_return no_such_payment();
    co_return p->shown(p->guest == who.user);
}

task<std::vector<payment>> service::find_all(const identity& who, std::vector<payment_id> ids)
{
    co_return shown_to(who, co_await db_.all<payment_row>(sql::find_payments, ids, who.user, who.is_admin));
}

task<result<payment_page>> service::list(const identity& who, payment_filter f)
{
    const auto name = list_name(who, f);
    std::optional<http::cursor> from;
    if (f.cursor)
    {
        auto given = http::decode_cursor(*f.cursor, name);
        if (!given) co_return std::unexpected{std::move(given.error())};
        from = *given;
    }
    const bool guest = f.role == bookings::side::guest, back = from && from->backwards;
    const auto statement = guest ? (back ? sql::payments_of_guest_before : sql::payments_of_guest)
                                 : (back ? sql::payments_of_host_before : sql::payments_of_host);
    const auto place = from ? std::optional{from->id} : std::nullopt;
    const auto status = f.status.empty() ? std::nullopt : std::optional{f.status};
    std::vector<listed> rows;
    for (const auto& p : co_await db_.all<payment_row>(statement, who.user, place, status, f.limit + 1))
        rows.push_back({p.shown(p.guest == who.user), 0, p.id});

    payment_page page;
    auto links = http::cut_page(rows, static_cast<std::size_t>(f.limit), from, name);
    for (auto& row : rows) page.results.push_back(std::move(row.shown));
    page.next = std::move(links.next);
    page.previous = std::move(links.previous);
    page.places = std::move(links.places);
    if (f.count) page.count = co_await db_.one<std::int64_t>(sql::count_payments_of, f.role, who.user, status);
    co_return page;
}

task<result<std::vector<payment>>> service::of_booking(const identity& who, booking_id id)
{
    if (const auto b = co_await bookings_.find(who, id); !b) co_return std::unexpected{b.error()};
    std::vector ids{id};
    co_return co_await of_bookings(who, std::move(ids));
}

task<std::vector<payment>> service::of_bookings(const identity& who, std::vector<booking_id> ids)
{
    co_return shown_to(who, co_await db_.all<payment_row>(sql::payments_of_bookings, ids, who.user, who.is_admin));
}

task<result<std::vector<refund>>> service::refunds(const identity& who, payment_id id)
{
    const auto p = co_await db_.one<payment_row>(sql::find_payment, id, who.user, who.is_admin);
    if (!p) co_return no_such_payment();
    co_return co_await db_.all<refund>(sql::refunds_of_payment, id);
}

task<std::vector<refund>> service::refunds_of(const identity& who, std::vector<payment_id> ids)
{
    co_return co_await db_.all<refund>(sql::refunds_of_payments, ids, who.user, who.is_admin);
}

task<result<payment>> service::abandon(pg::tx& tx, const identity& who, payment_id id)
{
    const auto seen = co_await tx.one<payment_row>(sql::find_payment, id, who.user, who.is_admin);
    if (!seen) co_return no_such_payment();
    if (seen->guest != who.user) co_return fail(errc::not_allowed, "only the guest does that");
    const auto now = clock_.now();
    co_await bookings::lock_payable(tx, seen->booking);
    auto p = (co_await tx.one<payment_row>(sql::lock_payment, id)).value();
    if (!is_open(p.status)) co_return fail(errc::wrong_state, std::format("it is {}", name_of(p.status)));
    p.abandoned = true;
    const auto saved = co_await save(tx, p, now + first_check, now);
    jobs::enqueue(tx, advance_payment, payment_job{id}, now, {.at = {}, .unique = id.text()});
    co_return saved.shown(true);
}

task<result<void>> service::advance(jobs::attempt& a, payment_id id)
{
    const auto p = co_await db_.one<payment_to_advance>(sql::payment_to_advance, id);
    if (!p) co_return result<void>{};
    const auto step = step_of(p->payment.stands(p->booking_status));
    if (step == next_step::nothing)
    {
        co_await keep_receipt(db_, *p);
        co_return result<void>{};
    }
    auto* const gate = gateways_.find(p->payment.provider);
    if (!gate) co_return fail(errc::unavailable, "this provider is not offered here any more");
    const auto said = co_await ask(*gate, step, p->charged());
    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        co_await a.complete_in(tx);
        co_await settle(tx, id, step, said);
        co_await keep_receipt(tx, *p);
        co_return result<void>{};
    });
}

task<result<void>> service::enqueue_due()
{
    const auto now = clock_.now();
    for (std::size_t taken = due_batch; taken == due_batch;)
    {
        const auto done = co_await db_.transaction([&](pg::tx& tx) -> task<result<std::size_t>> {
            const auto ids = co_await tx.all<payment_id>(sql::take_due, now, now + 1min, due_batch);
            for (const auto id : ids)
                jobs::enqueue(tx, advance_payment, payment_job{id}, now, {.at = {}, .unique = id.text()});
            co_return ids.size();
        });
        if (!done) co_return std::unexpected{done.error()};
        taken = *done;
    }
    co_return result<void>{};
}

}  // namespace roost::payments
