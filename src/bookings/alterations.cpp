#include "bookings/alterations.hpp"

#include <algorithm>
#include <format>

#include "bookings/offers.hpp"
#include "bookings/queries.hpp"
#include "bookings/steps.hpp"
#include "platform/many.hpp"
#include "platform/schema/json.hpp"

namespace roost::bookings {

struct alteration_row
{
    alteration_id id;
    booking_id booking;
    alteration_status status;
    actor proposed_by;
    std::string reason;
    std::optional<actor> answered_by;
    std::string answer;
    date from_check_in, from_check_out, check_in, check_out;
    int from_guests, guests;
    std::vector<int> from_child_ages, child_ages;
    money from_total, total;
    bookings::price from_price, price;
    instant expires_at, created_at, updated_at;

    static constexpr auto fields = schema::fields(
        field<&alteration_row::id>("id"), field<&alteration_row::booking>("booking_id"),
        field<&alteration_row::status>("status"), field<&alteration_row::proposed_by>("proposed_by"),
        field<&alteration_row::reason>("reason"), field<&alteration_row::answered_by>("answered_by"),
        field<&alteration_row::answer>("answer"), field<&alteration_row::from_check_in>("from_check_in"),
        field<&alteration_row::from_check_out>("from_check_out"), field<&alteration_row::check_in>("check_in"),
        field<&alteration_row::check_out>("check_out"), field<&alteration_row::from_guests>("from_guests"),
        field<&alteration_row::guests>("guests"), field<&alteration_row::from_child_ages>("from_child_ages"),
        field<&alteration_row::child_ages>("child_ages"), field<&alteration_row::from_total>("from_total"),
        field<&alteration_row::total>("total"), field<&alteration_row::from_price>("from_price"),
        field<&alteration_row::price>("price"), field<&alteration_row::expires_at>("expires_at"),
        field<&alteration_row::created_at>("created_at"), field<&alteration_row::updated_at>("updated_at"));

    alteration shown() const
    {
        return {.id = id,
                .booking = booking,
                .status = status,
                .proposed_by = proposed_by,
                .reason = reason,
                .answered_by = answered_by,
                .answer = answer,
                .before = {from_check_in, from_check_out, from_guests, from_child_ages, from_price},
                .after = {check_in, check_out, guests, child_ages, price},
                .difference = total - from_total,
                .expires_at = expires_at,
                .created_at = created_at,
                .updated_at = updated_at};
    }
};

namespace {

bool has_begun(const booking_row& b, instant now) { return b.starts_at <= now; }

/// Whether only the guests change: then nothing of its nights or times does, whatever the property says by now.
template <class Stay>
bool keeps_nights(const booking_row& b, const Stay& asked)
{
    return asked.check_in == b.check_in && asked.check_out == b.check_out;
}

/// A stay that has begun ends by the clock it began by.
void keep_clock(house& h, const booking_row& b, instant now)
{
    if (has_begun(b, now)) h.time_zone = b.time_zone, h.check_in_time = b.check_in_time;
}

/// Whether there is a stay to change.
result<void> can_change(const booking_row& b, instant now)
{
    if (is_firm(b.status) && now < b.ends_at) return {};
    return fail(errc::wrong_state,
                std::format("a booking that is {} cannot be changed", is_firm(b.status) ? "over" : name_of(b.status)));
}

/// What is asked for, with what stays as it is.
new_quote completed(const booking_row& b, const new_alteration& asked)
{
    return {.check_in = asked.check_in.value_or(b.check_in),
            .check_out = asked.check_out.value_or(b.check_out),
            .guests = asked.guests.value_or(b.guests),
            .child_ages = asked.child_ages.value_or(b.child_ages)};
}

/// What is wrong with the wish, whatever the property.
result<void> check_wish(const booking_row& b, const new_quote& asked)
{
    if (keeps_nights(b, asked) && asked.guests == b.guests && asked.child_ages == b.child_ages)
        return invalid("/check_out", "nothing would change");
    if (auto bad = fault_of(asked)) return std::unexpected{std::move(*bad)};
    return {};
}

/// What has begun stays as it is.
result<void> check_begun(const booking_row& b, const new_quote& asked, const house& h, instant now)
{
    if (keeps_nights(b, asked)) return {};
    if (!has_begun(b, now))
    {
        if (h.starts(asked.check_in) <= now) return invalid("/check_in", "is in the past");
        return {};
    }
    if (asked.check_in != b.check_in) return invalid("/check_in", "the stay has begun");
    // The night of the day it is there has begun once its check-in time has passed; h.ends tells of the others.
    const auto today = h.time_zone.day_of(now);
    const auto last_begun = h.starts(today) < now ? today : today - std::chrono::days{1};
    if (asked.check_out <= last_begun || h.ends(asked.check_out) <= now)
        return invalid("/check_out", "these nights have begun");
    return {};
}

/// The rules the new stay breaks. Those of the arrival are not asked again when the arrival stays, nor any rule of
/// dates when only the guests change.
std::optional<error> broken_rules(const booking_row& b, const new_quote& asked, const house& h, instant now)
{
    auto refused = refusal_of(h, asked.check_in, asked.check_out, asked.guests, now);
    if (!refused) return std::nullopt;
    const bool same_arrival = asked.check_in == b.check_in;
    std::erase_if(refused->fields, [&](const field_error& e) {
        return (e.pointer == "/check_in" && same_arrival) || (e.pointer == "/check_out" && keeps_nights(b, asked));
    });
    if (refused->fields.empty()) return std::nullopt;
    return refused;
}

/// Until when the other side may answer: never past what is to be changed.
instant answer_until(const booking_row& b, const new_quote& asked, const house& h, instant now)
{
    if (keeps_nights(b, asked))
        return std::min<instant>(now + time_to_answer, has_begun(b, now) ? b.ends_at : b.starts_at);
    if (has_begun(b, now)) return std::min<instant>({now + time_to_answer, b.ends_at, h.ends(asked.check_out)});
    return std::min<instant>({now + time_to_answer, b.starts_at, h.starts(asked.check_in)});
}

/// When a booking begins and ends, and the clock its terms are read by.
struct stay_times
{
    instant starts, ends;
    time_zone zone;
    std::string check_in_time;
};

/// Takes the nights that were agreed on, if the property still has them free.
task<result<stay_times>> take_nights(pg::tx& tx, const booking_row& b, const alteration_row& a, instant now)
{
    tx.queue(sql::hold_property, b.property);
    const new_quote agreed{
        .check_in = a.check_in, .check_out = a.check_out, .guests = a.guests, .child_ages = a.child_ages};
    auto p = co_await ask_property(tx, b.property, agreed, now);
    if (!p) co_return fail(errc::wrong_state, "there is no such property any more");
    auto& h = p->house;
    keep_clock(h, b, now);
    const auto free_from = a.check_out + std::chrono::days{h.rules.preparation_nights};
    co_await free_expired_holds(tx, b.property, a.check_in, free_from, now);
    if (co_await tx.run(sql::move_nights, b.id, a.check_in, free_from) != 1)
        co_return fail(errc::dates_taken, "some of these nights are no longer free");
    const auto starts = has_begun(b, now) ? b.starts_at : h.starts(a.check_in);
    co_return stay_times{starts, h.ends(a.check_out), h.time_zone, h.check_in_time};
}

error no_longer_open() { return {errc::wrong_state, "the proposal is no longer open", {}, {}}; }

pg::json document(const price& p) { return {schema::to_json(p)}; }

}  // namespace

task<result<alteration>> alterations::propose(pg::tx& tx, const identity& who, booking_id id, new_alteration wish)
{
    const auto now = clock_.now();
    const auto b = co_await lock_booking(tx, id, who.user, who.is_admin);
    if (!b) co_return no_such_booking();
    const auto by = as_what(who, *b);
    if (by == actor::admin) co_return fail(errc::not_allowed, "a change is between guest and host");
    if (auto can = can_change(*b, now); !can) co_return std::unexpected{std::move(can.error())};
    tx.queue(sql::lock_open_alteration, id);
    tx.queue(sql::expire_alterations, now, 1, id);
    const auto earlier = co_await tx.all<alteration_row>(sql::alterations_of, just(id));
    if (earlier.size() >= most_alterations) co_return fail(errc::too_many_requests, "too many proposals for a booking");
    if (std::ranges::contains(earlier, alteration_status::open, &alteration_row::status))
        co_return fail(errc::wrong_state, "a proposal waits for an answer");

    const auto asked = completed(*b, wish);
    if (auto good = check_wish(*b, asked); !good) co_return std::unexpected{std::move(good.error())};
    auto p = co_await ask_property(tx, b->property, asked, now);
    if (!p || !p->nightly_price || p->nightly_price->unit() != b->price.total.unit())
        co_return fail(errc::wrong_state, "the property cannot be priced as it was booked any more");
    keep_clock(p->house, *b, now);
    if (auto good = check_begun(*b, asked, p->house, now); !good) co_return std::unexpected{std::move(good.error())};
    if (auto refused = broken_rules(*b, asked, p->house, now)) co_return std::unexpected{std::move(*refused)};
    const auto free_from = asked.check_out + std::chrono::days{p->house.rules.preparation_nights};
    if (!keeps_nights(*b, asked)
        && *co_await tx.one<bool>(sql::taken_by_others, b->property, asked.check_in, free_from, id, now))
        co_return fail(errc::dates_taken, "some of these nights are taken");

    const quote_row offer{.id = quote_id::make(),
                          .property = b->property,
                          .guest = b->guest,
                          .check_in = asked.check_in,
                          .check_out = asked.check_out,
                          .guests = asked.guests,
                          .child_ages = asked.child_ages,
                          .price = price_of(*p, asked, b->cancellation_terms, market_),
                          .cancellation_terms = b->cancellation_terms,
                          .expires_at = answer_until(*b, asked, p->house, now),
                          .created_at = now,
                          .alters = id};
    insert_quote(tx, offer, p->rules_version, market_.guest_fee_bp);
    const auto made = co_await tx.one<alteration_row>(sql::insert_alteration, alteration_id::make(), id, by, who.user,
                                                      wish.reason, offer.id, document(b->shown().price),
                                                      document(offer.shown().price), offer.expires_at, now);
    co_return made->shown();
}

task<std::vector<result<std::vector<alteration>>>> alterations::list(const identity& who,
                                                                     std::vector<booking_id> bookings)
{
    answers<booking_id, std::vector<alteration>> told;
    const auto seen = ids_of(co_await find_bookings(db_, bookings, who.user, who.is_admin));
    if (seen.empty()) co_return told.of(bookings, no_such_booking());
    pg::piles<booking_id, alteration> found;
    for (const auto& row : co_await db_.all<alteration_row>(sql::alterations_of, seen))
        found.add(row.booking, row.shown());
    for (const auto& id : seen) told.tell(id, found.take(id));
    co_return told.of(bookings, no_such_booking());
}

task<result<alteration>> alterations::accept(pg::tx& tx, const identity& who, booking_id booking, alteration_id id)
{
    const auto now = clock_.now();
    const auto b = co_await lock_booking(tx, booking, who.user, who.is_admin);
    if (!b) co_return no_such_booking();
    const auto a = co_await tx.one<alteration_row>(sql::find_alteration, id, booking);
    if (!a) co_return fail(errc::not_found, "there is no such proposal");
    const auto by = as_what(who, *b);
    if (by == actor::admin || by == a->proposed_by) co_return fail(errc::not_allowed, "the other side answers");
    if (auto can = can_change(*b, now); !can) co_return std::unexpected{std::move(can.error())};
    if (a->status != alteration_status::open || a->expires_at <= now) co_return std::unexpected{no_longer_open()};

    result<stay_times> times = stay_times{b->starts_at, b->ends_at, b->time_zone, b->check_in_time};
    if (!keeps_nights(*b, *a)) times = co_await take_nights(tx, *b, *a, now);
    if (!times) co_return std::unexpected{std::move(times.error())};
    const auto due = b->status == booking_status::confirmed ? times->starts : times->ends;
    const auto done = co_await tx.one<alteration_row>(sql::alter_booking, id, who.user, by, now, times->starts,
                                                      times->ends, due, times->zone, times->check_in_time);
    if (!done) co_return std::unexpected{no_longer_open()};
    const money nothing{0, b->paid.unit()};
    const step_taken step{.booking = booking,
                          .give_back = refund_due(done->total, nothing, b->paid),
                          .by_alteration = true,
                          .by = who.user,
                          .reason = done->reason};
    if (follow_) co_await follow_(tx, step);
    co_return done->shown();
}

task<result<alteration>> alterations::end(pg::tx& tx, const identity& who, booking_id booking, alteration_id id,
                                          alteration_status as, std::string answer)
{
    const auto b = co_await lock_booking(tx, booking, who.user, who.is_admin);
    if (!b) co_return no_such_booking();
    const auto a = co_await tx.one<alteration_row>(sql::find_alteration, id, booking);
    if (!a) co_return fail(errc::not_found, "there is no such proposal");
    const auto by = as_what(who, *b);
    const bool own = by == a->proposed_by;
    if (by == actor::admin || own != (as == alteration_status::cancelled))
        co_return fail(errc::not_allowed, own ? "the other side answers" : "only who proposed it takes it back");
    const auto ended = co_await tx.one<alteration_row>(sql::end_alteration, id, as, by, answer, clock_.now());
    if (!ended) co_return std::unexpected{no_longer_open()};
    co_return ended->shown();
}

task<result<alteration>> alterations::decline(pg::tx& tx, const identity& who, booking_id booking, alteration_id id,
                                              std::string answer)
{
    return end(tx, who, booking, id, alteration_status::declined, std::move(answer));
}

task<result<alteration>> alterations::cancel(pg::tx& tx, const identity& who, booking_id booking, alteration_id id)
{
    return end(tx, who, booking, id, alteration_status::cancelled, {});
}

task<std::int64_t> expire_alterations(pg::tx& tx, instant now, int batch)
{
    co_return *co_await tx.one<std::int64_t>(sql::expire_alterations, now, batch, std::optional<booking_id>{});
}

}  // namespace roost::bookings
