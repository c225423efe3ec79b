#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bookings/payable.hpp"
#include "bookings/service.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "payments/gateway.hpp"
#include "payments/receipts/service.hpp"
#include "payments/resources.hpp"
#include "platform/auth/identity.hpp"
#include "platform/http/cursor.hpp"
#include "platform/jobs/jobs.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

struct payment_row;
struct refund_order;

/// A payment that was begun, and what its provider said.
struct started
{
    payment_id payment;
    payments::answer answer;
};

struct payment_page
{
    std::vector<payment> results;
    std::optional<std::string> next, previous;
    std::optional<std::int64_t> count;
    http::row_places places = {};
};

/// Payments of bookings and refunds. Guest, host and admins see them; for others they are errc::not_found. What a
/// provider says is always asked of it again, and applied by settle() alone, whoever asked.
class service
{
    pg::database& db_;
    const clock& clock_;
    bookings::service& bookings_;
    const gateways& gateways_;
    const receipt_service& receipts_;

    task<result<charge>> make(pg::tx& tx, const identity& who, payment_id id, const new_payment& asked,
                              const gateway& gate);

    task<bool> hear(pg::tx& tx, bookings::payable& b, payment_row& p, const answer& a, instant now);
    task<bool> is_free(pg::tx& tx, const payment_row& p);
    task<bool> takes(pg::tx& tx, const bookings::payable& b, const payment_row& p, instant now);
    task<> take_money(pg::tx& tx, bookings::payable& b, payment_row& p, money_taken m, instant now);

    static refund_id order_refund(pg::tx& tx, payment_row& p, const refund_order& r, instant now);
    task<> give_back(pg::tx& tx, bookings::payable& b, payment_row& p, const refund_order& r, instant now);
    task<> give_back_in_parts(pg::tx& tx, bookings::payable& b, payment_row& p, refund_order r, instant now);

public:
    service(pg::database& db, const clock& c, bookings::service& b, const gateways& g, const receipt_service& r)
        : db_{db}, clock_{c}, bookings_{b}, gateways_{g}, receipts_{r}
    {}

    /// Begins a payment of what is due for a booking of one's own: commits it, then asks the provider. Repeated with
    /// the same `work` it goes on with the same payment and the same key of the provider's. errc::wrong_state when
    /// nothing is to be paid.
    task<result<started>> start(const identity& who, uuid work, new_payment asked);
    /// Applies what the provider said, with everything that follows: ledger, booking, events, refunds. Whatever would
    /// lead back changes nothing, so answers may come in any order and any number of times. `asked`: what was asked of
    /// it.
    task<payment> settle(pg::tx& tx, payment_id id, next_step asked, answer a);

    task<result<payment>> find(const identity& who, payment_id id);
    /// Those that exist and that they may see, in any order.
    task<std::vector<payment>> find_all(const identity& who, std::vector<payment_id> ids);
    task<result<payment_page>> list(const identity& who, payment_filter f);
    task<result<std::vector<payment>>> of_booking(const identity& who, booking_id id);
    /// Of each booking the newest 100, newest first; none of those that they may not see.
    task<std::vector<payment>> of_bookings(const identity& who, std::vector<booking_id> ids);
    task<result<std::vector<refund>>> refunds(const identity& who, payment_id id);
    /// Of each payment the newest 100, newest first; none of those that they may not see.
    task<std::vector<refund>> refunds_of(const identity& who, std::vector<payment_id> ids);
    /// The guest does not want it any more; the provider is told soon. errc::wrong_state when it is decided.
    task<result<payment>> abandon(pg::tx& tx, const identity& who, payment_id id);
    /// An admin's. errc::invalid_input for more than is left, wrong_state when nothing is.
    task<result<refund>> refund_by_admin(pg::tx& tx, const identity& who, payment_id id, new_refund asked);

    /// Does its part of what happens to a booking: gives back what is owed, captures or lets go what is held.
    task<> follow(pg::tx& tx, const bookings::step_taken& s);

    // For jobs.
    task<result<void>> advance(jobs::attempt& a, payment_id id);
    task<result<void>> pay_back(jobs::attempt& a, refund_id id);
    task<result<void>> enqueue_due();
};

}  // namespace roost::payments
