#include "bookings/payable.hpp"

#include "bookings/queries.hpp"
#include "bookings/store.hpp"

namespace roost::bookings {

task<std::optional<payable>> lock_payable(pg::tx& tx, booking_id id)
{
    return tx.one<payable>(sql::booking_to_pay, id);
}

task<bool> confirm_paid(pg::tx& tx, const payable& b, instant now)
{
    if (!may_move(b.status, booking_status::confirmed, actor::system)) co_return false;
    // Who books on the day may pay after the hour of check-in.
    const bool in_time = b.due_at && now < *b.due_at;
    if (!in_time && b.starts_at <= now) co_return false;
    if (!co_await tx.one<bool>(sql::keep_to_honour, b.id)) co_return false;
    const auto booked = co_await find_booking(tx, b.id, b.guest, false);
    if (!co_await keep_nights(tx, *booked, std::nullopt, now)) co_return false;
    co_return (co_await tx.one<bool>(sql::confirm_paid, b.id, b.status, now)).has_value();
}

void add_paid(pg::tx& tx, booking_id id, money more, instant now) { tx.queue(sql::add_paid, id, more.minor(), now); }

void set_disputed(pg::tx& tx, booking_id id, bool disputed, instant now)
{
    tx.queue(sql::set_disputed, id, disputed, now);
}

}  // namespace roost::bookings
