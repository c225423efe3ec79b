#include "bookings/service.hpp"

#include <algorithm>
#include <format>

#include "bookings/offers.hpp"
#include "bookings/steps.hpp"
#include "bookings/store.hpp"
#include "platform/http/cursor.hpp"
#include "platform/many.hpp"

namespace roost::bookings {
namespace {

/// How a booking of this stay begins: its status, how long it holds the nights, when time moves it on.
void begin(stay_to_book& b, const market& m)
{
    const auto& h = b.stay.house;
    const auto start = h.starts(b.stay.check_in);
    if (h.booking_mode == booking_mode::request)
    {
        b.status = booking_status::requested;
        b.takes_nights = h.request_holds;
        b.due_at = std::min<instant>(b.now + m.request, start);
    }
    else if (h.payment_mode == payment_mode::online && b.stay.costs)
    {
        b.status = booking_status::awaiting_payment;
        b.due_at = b.now + m.hold;
    }
    else
    {
        b.status = booking_status::confirmed;
        b.due_at = start;
        return;
    }
    b.hold_until = b.due_at;
}

/// Cursors of one list serve no other.
std::string list_name(const identity& who, const booking_filter& f)
{
    std::string name = std::format("bookings {} {}", who.user.text(), name_of(f.role));
    for (const auto s : f.status) name.append(" ").append(name_of(s));
    if (f.property) name += " property " + f.property->text();
    if (f.from) name += " from " + format(*f.from);
    if (f.to) name += " to " + format(*f.to);
    return name;
}

}  // namespace

task<result<quote>> service::make_quote(pg::tx& tx, const identity& who, property_id property, new_quote asked)
{
    const auto now = clock_.now();
    if (auto bad = fault_of(asked)) co_return std::unexpected{std::move(*bad)};
    const auto p = co_await ask_property(tx, property, asked, now);
    if (!p) co_return fail(errc::not_found, "there is no such property");
    if (p->house.host == who.user) co_return fail(errc::not_allowed, "one does not book one's own place");
    if (p->house.status != property_status::listed) co_return fail(errc::not_found, "there is no such property");
    if (auto refused = refusal_of(p->house, asked.check_in, asked.check_out, asked.guests, now))
        co_return std::unexpected{std::move(*refused)};
    if (p->taken) co_return fail(errc::dates_taken, "some of these nights are taken");

    const quote_row made{.id = quote_id::make(),
                         .property = property,
                         .guest = who.user,
                         .check_in = asked.check_in,
                         .check_out = asked.check_out,
                         .guests = asked.guests,
                         .child_ages = asked.child_ages,
                         .price = price_of(*p, asked, p->house.cancellation_terms, market_),
                         .cancellation_terms = p->house.cancellation_terms,
                         .expires_at = now + market_.quote,
                         .created_at = now};
    insert_quote(tx, made, p->rules_version, market_.guest_fee_bp);
    co_return made.shown();
}

task<result<quote>> service::quote_now(const identity& who, property_id property, new_quote asked)
{
    co_return co_await db_.transaction(
        [&](pg::tx& tx) -> task<result<quote>> { co_return co_await make_quote(tx, who, property, asked); });
}

task<result<quote>> service::find_quote(const identity& who, quote_id id)
{
    const auto found = co_await bookings::find_quote(db_, id, who.user);
    if (!found) co_return fail(errc::not_found, "there is no such quote");
    co_return found->shown();
}

task<result<booking>> service::book(pg::tx& tx, const identity& who, new_booking asked)
{
    const auto now = clock_.now();
    auto stay = co_await quoted_stay_of(tx, asked.quote, who.user, market_.guest_fee_bp);
    if (!stay) co_return invalid("/quote_id", "there is no such quote");
    const auto& h = stay->house;
    if (h.host == who.user) co_return fail(errc::not_allowed, "one does not book one's own place");
    if (stay->expires_at <= now || !stay->price_unchanged || !stay->terms_unchanged
        || h.status != property_status::listed || refusal_of(h, stay->check_in, stay->check_out, stay->guests, now))
        co_return fail(errc::quote_expired, "the price or the terms have changed: ask for a new quote");

    stay_to_book b{.id = booking_id::make(),
                   .stay = *std::move(stay),
                   .status = {},
                   .message = std::move(asked.message),
                   .hold_until = {},
                   .due_at = {},
                   .now = now};
    begin(b, market_);
    if (auto capped = co_await check_caps(tx, who.user, b); !capped)
        co_return std::unexpected{std::move(capped.error())};
    const auto made = co_await insert_booking(tx, b);
    if (!made) co_return fail(errc::dates_taken, "some of these nights are no longer free");
    co_return made->shown();
}

/// Nobody gathers nights without paying for them, and no property is kept from everybody (threat T22).
task<result<void>> service::check_caps(pg::tx& tx, user_id guest, const stay_to_book& b)
{
    if (!b.hold_until) co_return result<void>{};
    if (co_await count_holds(tx, guest, b.now) >= market_.holds_per_guest)
        co_return fail(errc::too_many_requests, "too many bookings of yours wait for payment or an answer");
    if (b.takes_nights && co_await count_holds(tx, b.stay.house.property, b.now) >= market_.holds_per_property)
        co_return fail(errc::too_many_requests, "too many bookings wait for payment or an answer here");
    co_return result<void>{};
}

task<result<booking>> service::find(const identity& who, booking_id id)
{
    const auto found = co_await find_booking(db_, id, who.user, who.is_admin);
    if (!found) co_return no_such_booking();
    co_return found->shown();
}

task<std::vector<booking>> service::find_all(const identity& who, std::vector<booking_id> ids)
{
    std::vector<booking> all;
    for (const auto& row : co_await find_bookings(db_, std::move(ids), who.user, who.is_admin))
        all.push_back(row.shown());
    co_return all;
}

task<result<booking_page>> service::list(const identity& who, booking_filter f)
{
    const auto name = list_name(who, f);
    http::cursor at;
    if (f.cursor)
    {
        auto given = http::decode_cursor(*f.cursor, name);
        if (!given) co_return std::unexpected{std::move(given.error())};
        at = *given;
    }
    const bool back = f.cursor && at.backwards;
    const std::optional<booking_id> place = f.cursor ? std::optional{booking_id{at.id}} : std::nullopt;
    auto rows =
        co_await list_bookings(db_, who.user, f, back ? std::nullopt : place, back ? place : std::nullopt, f.limit + 1);
    const bool more = rows.size() > static_cast<std::size_t>(f.limit);
    if (more) rows.pop_back();
    if (back) std::ranges::reverse(rows);

    booking_page page;
    for (const auto& row : rows) page.results.push_back(row.shown());
    const auto link = [&](bool backwards, const booking_row& from) {
        return http::encode({.backwards = backwards, .key = 0, .id = from.id.value}, name);
    };
    page.places.list = name;
    for (const auto& row : rows) page.places.rows.push_back({false, 0, row.id.value});
    if (!rows.empty() && (more || back)) page.next = link(false, rows.back());
    if (!rows.empty() && (back ? more : place.has_value())) page.previous = link(true, rows.front());
    if (f.count) page.count = co_await count_bookings(db_, who.user, f);
    co_return page;
}

task<std::vector<result<std::vector<booking_event>>>> service::history(const identity& who, std::vector<booking_id> ids)
{
    answers<booking_id, std::vector<booking_event>> told;
    const auto seen = ids_of(co_await find_bookings(db_, ids, who.user, who.is_admin));
    if (seen.empty()) co_return told.of(ids, no_such_booking());
    auto found = co_await history_of(db_, seen);
    for (const auto& id : seen) told.tell(id, found.take(id));
    co_return told.of(ids, no_such_booking());
}

task<result<booking>> service::move(pg::tx& tx, const identity& who, const booking_row& b, booking_status to,
                                    std::optional<instant> due, std::string reason, std::optional<refund_offer> refund)
{
    const auto from = b.status;
    const auto by = as_what(who, b);
    if (!may_move(from, to, by)) co_return std::unexpected{wrong_step(from, to)};
    const move_to_make m{b.id, from, to, due, who.user, by, std::move(reason), clock_.now(), refund};
    const auto moved = co_await move_booking(tx, m);
    if (!moved) co_return fail(errc::wrong_state, "the booking has changed in the meantime, or its time is over");
    const step_taken step{.booking = b.id,
                          .give_back = refund ? refund->due : money{0, b.paid.unit()},
                          .by = who.user,
                          .reason = m.reason};
    if (follow_) co_await follow_(tx, step);
    co_return moved->shown();
}

/// A booking to be answered by its host.
task<result<booking_row>> service::for_host(pg::tx& tx, const identity& who, booking_id id)
{
    auto found = co_await lock_booking(tx, id, who.user, who.is_admin);
    if (!found) co_return no_such_booking();
    if (found->host != who.user) co_return fail(errc::not_allowed, "only the host answers a request");
    if (found->status != booking_status::requested)
        co_return fail(errc::wrong_state, "there is no request to answer any more");
    co_return *std::move(found);
}

task<result<booking>> service::accept(pg::tx& tx, const identity& who, booking_id id)
{
    const auto b = co_await for_host(tx, who, id);
    if (!b) co_return std::unexpected{b.error()};
    const bool pays_first = b->payment_mode == payment_mode::online && b->price.total.minor() > 0;
    const auto to = pays_first ? booking_status::awaiting_payment : booking_status::confirmed;
    const auto start = b->starts_at;
    const auto due = pays_first ? std::min<instant>(clock_.now() + market_.request, start) : start;
    auto moved = co_await move(tx, who, *b, to, due, {});
    if (!moved) co_return moved;
    if (!co_await keep_nights(tx, *b, pays_first ? std::optional{due} : std::nullopt, clock_.now()))
        co_return fail(errc::dates_taken, "some of these nights are no longer free");
    co_return moved;
}

task<result<booking>> service::decline(pg::tx& tx, const identity& who, booking_id id, std::string reason)
{
    const auto b = co_await for_host(tx, who, id);
    if (!b) co_return std::unexpected{b.error()};
    auto moved = co_await move(tx, who, *b, booking_status::declined, std::nullopt, std::move(reason));
    if (moved) free_nights(tx, id);
    co_return moved;
}

}  // namespace roost::bookings
