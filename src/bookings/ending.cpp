#include <algorithm>

#include "bookings/cancellation.hpp"
#include "bookings/queries.hpp"
#include "bookings/service.hpp"
#include "bookings/steps.hpp"
#include "platform/many.hpp"

/// Bookings that end before their time: cancelled, or nobody came.
namespace roost::bookings {
namespace {

using namespace std::chrono_literals;

booked_stay stay_of(const booking_row& b)
{
    return {.check_in = b.check_in,
            .check_out = b.check_out,
            .check_in_time = *parse_time_of_day(b.check_in_time),
            .zone = b.time_zone,
            .booked_at = b.created_at,
            .accommodation = b.price.subtotal(),
            .guest_fee = b.price.guest_fee,
            .tax = b.price.tax};
}

refund_offer offer(const booking_row& b, const refund& back)
{
    // What was never confirmed costs nothing, whatever the policy.
    const auto rule = is_pending(b.status) ? refund_rule::never_confirmed : back.rule;
    return {rule,     back.accommodation, back.guest_fee,
            back.tax, back.total(),       refund_due(b.price.total, back.total(), b.paid)};
}

/// By whose terms a cancellation by this person goes.
actor terms_for(const booking_row& b, actor by) { return is_pending(b.status) ? actor::system : by; }

result<cancellation_preview> preview_of(const booking_row& b, actor by, instant now)
{
    if (!may_move(b.status, cancelled_by(by), by)) return std::unexpected{wrong_step(b.status, cancelled_by(by))};
    const auto end = is_pending(b.status) ? b.due_at.value_or(b.ends_at) : b.ends_at;
    const auto stay = stay_of(b);
    cancellation_preview shown{offer(b, refund_of(stay, b.cancellation_terms, terms_for(b, by), now)), {}};
    for (const auto& step : refund_schedule(stay, b.cancellation_terms, terms_for(b, by), now, end))
        shown.schedule.push_back({step.until, offer(b, step.refund)});
    return shown;
}

/// When a host may say so: a day after check-in, and in the last hours of stays that are over before that.
instant no_show_from(const booking_row& b) { return std::min<instant>(b.starts_at + 24h, b.ends_at - 6h); }

/// Nights that have not begun are free again, all of those that were never somebody's for good; and nothing is left to
/// agree on.
void let_go(pg::tx& tx, const booking_row& b, instant now)
{
    if (is_firm(b.status)) tx.queue(sql::drop_alteration, b.id, now);
    const auto begun = nights_begun(stay_of(b), now);
    if (is_pending(b.status) || begun == 0)
        free_nights(tx, b.id);
    else
        shorten_nights(tx, b.id, b.check_in + std::chrono::days{begun});
}

}  // namespace

task<result<cancelled_booking>> service::cancel(pg::tx& tx, const identity& who, booking_id id, std::string reason)
{
    const auto now = clock_.now();
    const auto b = co_await lock_booking(tx, id, who.user, who.is_admin);
    if (!b) co_return no_such_booking();
    const auto& booked = *b;
    const auto by = as_what(who, booked);
    const auto back = offer(booked, refund_of(stay_of(booked), booked.cancellation_terms, terms_for(booked, by), now));
    auto moved = co_await move(tx, who, *b, cancelled_by(by), std::nullopt, std::move(reason), back);
    if (!moved) co_return std::unexpected{std::move(moved.error())};
    let_go(tx, booked, now);
    co_return cancelled_booking{*std::move(moved), back};
}

task<std::vector<result<cancellation_preview>>> service::preview(const identity& who, std::vector<booking_id> ids)
{
    answers<booking_id, cancellation_preview> told;
    for (const auto& b : co_await find_bookings(db_, ids, who.user, who.is_admin))
        told.tell(b.id, preview_of(b, as_what(who, b), clock_.now()));
    co_return told.of(ids, no_such_booking());
}

task<result<cancelled_booking>> service::no_show(pg::tx& tx, const identity& who, booking_id id, std::string reason)
{
    const auto now = clock_.now();
    const auto b = co_await lock_booking(tx, id, who.user, who.is_admin);
    if (!b) co_return no_such_booking();
    const auto& booked = *b;
    if (as_what(who, booked) == actor::guest) co_return fail(errc::not_allowed, "only the host says so");
    if (now < no_show_from(booked))
        co_return fail(errc::wrong_state, "the guest may still come until " + format(no_show_from(booked)));
    const auto back = offer(booked, refund_of_no_show(stay_of(booked), booked.cancellation_terms));
    auto moved = co_await move(tx, who, *b, booking_status::no_show, std::nullopt, std::move(reason), back);
    if (!moved) co_return std::unexpected{std::move(moved.error())};
    let_go(tx, booked, now);
    co_return cancelled_booking{*std::move(moved), back};
}

}  // namespace roost::bookings
