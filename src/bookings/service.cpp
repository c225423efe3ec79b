#include "bookings/service.hpp"

#include <algorithm>
#include <format>

#include "bookings/cancellation.hpp"
#include "bookings/store.hpp"
#include "calendar/stays.hpp"
#include "platform/http/cursor.hpp"

namespace roost::bookings {
namespace {

/// Why the property does not take this stay now; nothing when it does. Free nights are not looked at.
std::optional<error> refusal_of(const house& h, date check_in, date check_out, int guests, instant now)
{
    auto refused = calendar::refusal(h.rules, h.special ? &*h.special : nullptr, h.time_zone,
                                     date_range{check_in, check_out}, now);
    const auto add = [&](std::string pointer, std::string detail) {
        if (!refused) refused = error{errc::invalid_input, "The property does not take this stay.", {}, {}};
        refused->fields.push_back({std::move(pointer), "stay_rule", std::move(detail)});
    };
    if (guests > h.capacity) add("/guests", std::format("at most {} guests", h.capacity));
    const bool today = check_in == h.time_zone.day_of(now);
    if (today && h.booking_mode == booking_mode::request && h.starts(check_in) <= now)
        add("/check_in", "the host cannot answer a request before check-in");
    return refused;
}

stored_price price_of(const asked_property& p, const new_quote& asked, const market& m)
{
    const calendar::rates rates{*p.nightly_price, *p.cleaning_fee, p.tax_bp, p.house.special};
    auto s = calendar::price_stay(rates, date_range{asked.check_in, asked.check_out}, {asked.guests, asked.child_ages},
                                  {m.guest_fee_bp, m.host_fee_bp},
                                  p.house.cancellation_policy != cancellation_policy::non_refundable);
    const auto payout = s.host_payout();
    return {std::move(s.lines), s.accommodation, s.guest_fee, s.tax, s.total, payout};
}

/// What a contract cannot say of a quote's fields.
std::optional<error> fault_of(const new_quote& asked)
{
    error bad{errc::invalid_input, "some fields are not acceptable", {}, {}};
    if (asked.check_out <= asked.check_in) bad.fields.push_back({"/check_out", "bounds", "must be after check_in"});
    if (asked.child_ages.size() >= static_cast<std::size_t>(asked.guests))
        bad.fields.push_back({"/child_ages", "bounds", "one of the guests has to be grown up"});
    for (std::size_t i = 0; i < asked.child_ages.size(); ++i)
        if (asked.child_ages[i] < 0 || asked.child_ages[i] > 17)
            bad.fields.push_back({std::format("/child_ages/{}", i), "bounds", "must be between 0 and 17"});
    return bad.fields.empty() ? std::nullopt : std::optional{std::move(bad)};
}

/// How a booking of this stay begins: its status, how long it holds the nights, when time moves it on.
void begin(stay_to_book& b, const market& m)
{
    const auto& h = b.stay.house;
    const auto start = h.starts(b.stay.check_in);
    if (h.booking_mode == booking_mode::request)
    {
        b.status = booking_status::requested;
        b.due_at = std::min<instant>(b.now + m.request, start);
    }
    else if (h.payment_mode == payment_mode::online)
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

/// As what somebody acts on a booking they may see.
actor as_what(const identity& who, const booking_row& b)
{
    if (who.user == b.guest) return actor::guest;
    return who.user == b.host ? actor::host : actor::admin;
}

booked_stay stay_of(const booking_at_house& b)
{
    return {.check_in = b.booking.check_in,
            .check_out = b.booking.check_out,
            .check_in_time = *parse_time_of_day(b.check_in_time),
            .zone = b.time_zone,
            .booked_at = b.booking.created_at,
            .accommodation = b.booking.price.subtotal(),
            .guest_fee = b.booking.price.guest_fee,
            .tax = b.booking.price.tax};
}

refund_offer refund_for(const booking_at_house& b, actor by, instant now)
{
    // What was never confirmed costs nothing, whatever the policy.
    const auto whose_terms = is_pending(b.booking.status) ? actor::system : by;
    const auto back = refund_of(stay_of(b), terms_of(b.booking.cancellation_policy), whose_terms, now);
    return {back.accommodation, back.guest_fee, back.tax, back.total(),
            refund_due(b.booking.price.total, back.total(), b.booking.paid)};
}

error wrong_step(booking_status from, booking_status to)
{
    return {
        errc::wrong_state, std::format("a booking that is {} cannot become {}", name_of(from), name_of(to)), {}, {}};
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
                         .price = price_of(*p, asked, market_),
                         .expires_at = now + market_.quote,
                         .created_at = now};
    insert_quote(tx, made, p->rules_version, market_.guest_fee_bp);
    co_return made.shown();
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
    if (stay->expires_at <= now || !stay->price_unchanged || h.status != property_status::listed
        || refusal_of(h, stay->check_in, stay->check_out, stay->guests, now))
        co_return fail(errc::quote_expired, "the price or the terms have changed: ask for a new quote");

    stay_to_book b{.id = booking_id::make(),
                   .stay = *std::move(stay),
                   .status = {},
                   .message = std::move(asked.message),
                   .hold_until = {},
                   .due_at = {},
                   .now = now};
    begin(b, market_);
    if (b.hold_until && co_await count_holds(tx, who.user, now) >= market_.holds_per_guest)
        co_return fail(errc::too_many_requests, "too many bookings of yours wait for payment or an answer");
    const auto made = co_await insert_booking(tx, b);
    if (!made) co_return fail(errc::dates_taken, "some of these nights are no longer free");
    co_return made->shown();
}

task<result<booking>> service::find(const identity& who, booking_id id)
{
    const auto found = co_await find_booking(db_, id, who.user, who.is_admin);
    if (!found) co_return fail(errc::not_found, "there is no such booking");
    co_return found->shown();
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
    if (!rows.empty() && (more || back)) page.next = link(false, rows.back());
    if (!rows.empty() && (back ? more : place.has_value())) page.previous = link(true, rows.front());
    if (f.count) page.count = co_await count_bookings(db_, who.user, f);
    co_return page;
}

task<result<std::vector<booking_event>>> service::history(const identity& who, booking_id id)
{
    const auto found = co_await find_booking(db_, id, who.user, who.is_admin);
    if (!found) co_return fail(errc::not_found, "there is no such booking");
    co_return co_await history_of(db_, id);
}

task<result<booking>> service::move(pg::tx& tx, const identity& who, const booking_at_house& b, booking_status to,
                                    std::optional<instant> due, std::string reason)
{
    const auto from = b.booking.status;
    const auto by = as_what(who, b.booking);
    if (!may_move(from, to, by)) co_return std::unexpected{wrong_step(from, to)};
    const move_to_make m{b.booking.id, from, to, due, who.user, by, std::move(reason), clock_.now()};
    const auto moved = co_await move_booking(tx, m);
    if (!moved) co_return fail(errc::wrong_state, "the booking has changed in the meantime, or its time is over");
    co_return moved->shown();
}

/// A booking to be answered by its host.
task<result<booking_at_house>> service::for_host(pg::tx& tx, const identity& who, booking_id id)
{
    auto found = co_await find_booking_at_house(tx, id, who.user, who.is_admin);
    if (!found) co_return fail(errc::not_found, "there is no such booking");
    if (found->booking.host != who.user) co_return fail(errc::not_allowed, "only the host answers a request");
    if (found->booking.status != booking_status::requested)
        co_return fail(errc::wrong_state, "there is no request to answer any more");
    co_return *std::move(found);
}

task<result<booking>> service::accept(pg::tx& tx, const identity& who, booking_id id)
{
    const auto b = co_await for_host(tx, who, id);
    if (!b) co_return std::unexpected{b.error()};
    const bool pays_first = b->payment_mode == payment_mode::online;
    const auto to = pays_first ? booking_status::awaiting_payment : booking_status::confirmed;
    const auto start = b->booking.starts_at;
    const auto due = pays_first ? std::min<instant>(clock_.now() + market_.request, start) : start;
    auto moved = co_await move(tx, who, *b, to, due, {});
    if (!moved) co_return moved;
    if (!co_await keep_nights(tx, id, pays_first ? std::optional{due} : std::nullopt))
        co_return fail(errc::wrong_state, "the request is past its time and its nights are gone");
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

task<result<cancelled_booking>> service::cancel(pg::tx& tx, const identity& who, booking_id id, std::string reason)
{
    const auto now = clock_.now();
    const auto b = co_await find_booking_at_house(tx, id, who.user, who.is_admin);
    if (!b) co_return fail(errc::not_found, "there is no such booking");
    const auto by = as_what(who, b->booking);
    auto moved = co_await move(tx, who, *b, cancelled_by(by), std::nullopt, std::move(reason));
    if (!moved) co_return std::unexpected{std::move(moved.error())};

    const auto begun = nights_begun(stay_of(*b), now);
    if (begun == 0)
        free_nights(tx, id);
    else
        shorten_nights(tx, id, b->booking.check_in + std::chrono::days{begun});
    co_return cancelled_booking{*std::move(moved), refund_for(*b, by, now)};
}

task<result<refund_offer>> service::preview(const identity& who, booking_id id)
{
    const auto b = co_await find_booking_at_house(db_, id, who.user, who.is_admin);
    if (!b) co_return fail(errc::not_found, "there is no such booking");
    const auto by = as_what(who, b->booking);
    if (!may_move(b->booking.status, cancelled_by(by), by))
        co_return std::unexpected{wrong_step(b->booking.status, cancelled_by(by))};
    co_return refund_for(*b, by, clock_.now());
}

}  // namespace roost::bookings
