#include "bookings/store.hpp"

#include <algorithm>

#include "bookings/queries.hpp"
#include "platform/schema/json.hpp"

namespace roost::bookings {
namespace {

constexpr std::chrono::days longest_preparation{2};

int nights_between(date from, date to) { return static_cast<int>((to - from).count()); }

/// A filter as the lists' statements take it: null where there is none.
std::optional<std::vector<booking_status>> statuses(const booking_filter& f)
{
    return f.status.empty() ? std::nullopt : std::optional{f.status};
}

/// Nobody pays any more for what was given up.
money amount_due(const booking_row& b)
{
    const bool owed = is_pending(b.status) || is_firm(b.status) || b.status == booking_status::completed;
    const auto due = b.price.total - b.paid - b.waived;
    return {owed ? std::max<std::int64_t>(0, due.minor()) : 0, due.unit()};
}

struct nights_found
{
    bool freed;
    bool taken;

    static constexpr auto fields =
        schema::fields(schema::field<&nights_found::freed>("freed"), schema::field<&nights_found::taken>("taken"));
};

}  // namespace

quote quote_row::shown() const
{
    const int n = nights_between(check_in, check_out);
    return {.id = id,
            .property = property,
            .check_in = check_in,
            .check_out = check_out,
            .nights = n,
            .guests = guests,
            .child_ages = child_ages,
            .price = price.shown(),
            .cancellation_terms = cancellation_terms,
            .expires_at = expires_at,
            .created_at = created_at};
}

booking booking_row::shown() const
{
    const int n = nights_between(check_in, check_out);
    return {.id = id,
            .property = property,
            .guest = guest,
            .host = host,
            .status = status,
            .check_in = check_in,
            .check_out = check_out,
            .nights = n,
            .guests = guests,
            .child_ages = child_ages,
            .message = message,
            .price = price.shown(),
            .paid = paid,
            .amount_due = bookings::amount_due(*this),
            .disputed = disputed,
            .cancellation_policy = cancellation_policy,
            .cancellation_terms = cancellation_terms,
            .refund = refund,
            .starts_at = starts_at,
            .ends_at = ends_at,
            .expires_at = is_pending(status) ? due_at : std::nullopt,
            .version = version,
            .created_at = created_at,
            .updated_at = updated_at};
}

task<std::optional<asked_property>> ask_property(pg::queryable& q, property_id property, const new_quote& stay,
                                                 instant now)
{
    return q.one<asked_property>(sql::asked_property, property, stay.check_in, stay.check_out, now);
}

void insert_quote(pg::tx& tx, const quote_row& made, int rules_version, int guest_fee_bp)
{
    const auto& p = made.price;
    tx.queue(sql::insert_quote, made.id, made.property, made.guest, made.check_in, made.check_out, made.guests,
             made.child_ages, p.total.unit(), pg::json{schema::to_json(p.lines)}, p.accommodation.minor(),
             p.guest_fee.minor(), p.tax.minor(), p.total.minor(), p.host_payout.minor(), guest_fee_bp, rules_version,
             made.expires_at, made.created_at, pg::json{schema::to_json(made.cancellation_terms)}, made.alters);
}

task<std::optional<quote_row>> find_quote(pg::queryable& q, quote_id id, user_id guest)
{
    return q.one<quote_row>(sql::find_quote, id, guest);
}

task<std::optional<quoted_stay>> quoted_stay_of(pg::tx& tx, quote_id id, user_id guest, int guest_fee_bp)
{
    auto found = co_await tx.one<quoted_stay>(sql::quote_for_booking, id, guest, guest_fee_bp);
    // Perhaps the host chose other terms while it waited: a second look, under the lock by now, sees them.
    if (!found) found = co_await tx.one<quoted_stay>(sql::quote_for_booking, id, guest, guest_fee_bp);
    co_return found;
}

task<std::int64_t> count_holds(pg::tx& tx, user_id guest, instant now)
{
    tx.queue(sql::lock_holds_of_guest, guest);
    const auto n = co_await tx.one<std::int64_t>(sql::count_holds_of_guest, guest, now);
    co_return *n;
}

task<std::int64_t> count_holds(pg::tx& tx, property_id property, instant now)
{
    tx.queue(sql::lock_holds_at_property, property);
    const auto n = co_await tx.one<std::int64_t>(sql::count_holds_at_property, property, now);
    co_return *n;
}

task<bool> free_expired_holds(pg::tx& tx, property_id property, date from, date to, instant now)
{
    const auto found = *co_await tx.one<nights_found>(sql::free_expired_holds, property, from, to, now);
    if (found.freed) co_await tx.run(sql::close_for_feeds, property, now);
    co_return !found.taken;
}

task<std::optional<booking_row>> insert_booking(pg::tx& tx, const stay_to_book& b)
{
    const auto& house = b.stay.house;
    const auto free_from = b.stay.check_out + std::chrono::days{house.rules.preparation_nights};
    const auto try_it = [&] {
        return tx.one<booking_row>(sql::insert_booking, b.id, b.stay.quote, uuid::v7(), house.property, b.stay.check_in,
                                   free_from, b.hold_until ? "hold" : "booking", b.hold_until, b.now, house.host,
                                   b.status, b.message, house.cancellation_policy, house.starts(b.stay.check_in),
                                   house.ends(b.stay.check_out), b.due_at, house.time_zone, house.check_in_time,
                                   b.takes_nights, house.payment_mode);
    };
    // Nearly always the nights are free or firmly taken, so holds past their time are looked for only in between.
    auto made = co_await try_it();
    if (made) co_return made;
    if (co_await free_expired_holds(tx, house.property, b.stay.check_in, free_from, b.now)) co_return co_await try_it();
    co_return std::nullopt;
}

task<std::vector<booking_row>> find_bookings(pg::queryable& q, std::vector<booking_id> ids, user_id who, bool any)
{
    return q.all<booking_row>(sql::find_bookings, ids, who, any);
}

task<std::optional<booking_row>> find_booking(pg::queryable& q, booking_id id, user_id who, bool any)
{
    std::vector ids{id};
    auto found = co_await find_bookings(q, std::move(ids), who, any);
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
}

task<std::optional<booking_row>> lock_booking(pg::tx& tx, booking_id id, user_id who, bool any)
{
    return tx.one<booking_row>(sql::lock_booking, id, who, any);
}

task<pg::piles<booking_id, booking_event>> history_of(pg::queryable& q, const std::vector<booking_id>& ids)
{
    return pg::piled(q.all<pg::row_of<booking_id, booking_event>>(sql::booking_history, ids));
}

task<std::vector<booking_row>> list_bookings(pg::queryable& q, user_id who, const booking_filter& f,
                                             std::optional<booking_id> older_than, std::optional<booking_id> newer_than,
                                             int limit)
{
    const bool guest = f.role == side::guest;
    if (newer_than)
        return q.all<booking_row>(guest ? sql::bookings_of_guest_before : sql::bookings_of_host_before, who, newer_than,
                                  statuses(f), f.property, f.from, f.to, limit);
    return q.all<booking_row>(guest ? sql::bookings_of_guest : sql::bookings_of_host, who, older_than, statuses(f),
                              f.property, f.from, f.to, limit);
}

task<std::int64_t> count_bookings(pg::queryable& q, user_id who, const booking_filter& f)
{
    const auto n =
        co_await q.one<std::int64_t>(sql::count_bookings, f.role, who, statuses(f), f.property, f.from, f.to);
    co_return *n;
}

task<std::optional<booking_row>> move_booking(pg::tx& tx, const move_to_make& m)
{
    const auto refund = m.refund ? std::optional{pg::json{schema::to_json(*m.refund)}} : std::nullopt;
    return tx.one<booking_row>(sql::move_booking, m.id, m.from, m.to, m.due_at, m.now, m.by, m.as, m.reason, refund);
}

task<bool> keep_nights(pg::tx& tx, const booking_row& b, std::optional<instant> hold_until, instant now)
{
    if (co_await tx.run(sql::keep_nights, b.id, hold_until) == 1) co_return true;
    co_await free_expired_holds(tx, b.property, b.check_in, b.check_out + longest_preparation, now);
    co_return co_await tx.run(sql::take_nights, b.id, uuid::v7(), hold_until, now) == 1;
}

void free_nights(pg::tx& tx, booking_id id) { tx.queue(sql::free_nights, id); }

void shorten_nights(pg::tx& tx, booking_id id, date new_end) { tx.queue(sql::shorten_nights, id, new_end); }

task<std::int64_t> move_due(pg::tx& tx, instant now, int batch)
{
    std::vector<booking_status> before, after;
    for (std::size_t i = 0; i < enum_names<booking_status>.size(); ++i)
    {
        const auto status = static_cast<booking_status>(i);
        if (const auto next = after_due(status)) before.push_back(status), after.push_back(*next);
    }
    const auto moved = co_await tx.one<std::int64_t>(sql::move_due, now, batch, before, after);
    co_return *moved;
}

task<std::int64_t> forget_old_quotes(pg::queryable& q, instant expired_before, int batch)
{
    return q.run(sql::forget_old_quotes, expired_before, batch);
}

task<bool> has_live_bookings(pg::queryable& q, property_id property, instant now)
{
    const auto yes = co_await q.one<bool>(sql::property_has_live_bookings, property, now);
    co_return *yes;
}

task<bool> has_live_bookings(pg::queryable& q, user_id person, instant now)
{
    const auto yes = co_await q.one<bool>(sql::user_has_live_bookings, person, now);
    co_return *yes;
}

}  // namespace roost::bookings
