#pragma once
#include <chrono>
#include <functional>
#include <optional>

#include "bookings/resources.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "platform/auth/identity.hpp"
#include "platform/http/cursor.hpp"
#include "platform/pg/database.hpp"

namespace roost::bookings {

struct booking_row;
struct stay_to_book;

/// What the marketplace charges and how long it waits.
struct market
{
    int guest_fee_bp = 1'200, host_fee_bp = 300;
    std::chrono::minutes quote{15}, hold{15};
    std::chrono::hours request{24};
    int holds_per_guest = 10, holds_per_property = 30;
};

/// A list with the ways on from it.
struct booking_page
{
    std::vector<booking> results;
    std::optional<std::string> next, previous;
    std::optional<std::int64_t> count;
    http::row_places places = {};
};

/// A step that may change what is owed for a booking. `give_back`: of what was paid; zero when nothing is.
struct step_taken
{
    booking_id booking;
    money give_back;
    bool by_alteration = false;
    user_id by;
    std::string reason = {};
};

/// Does its part in the transaction of the step.
using follower = std::function<task<>(pg::tx&, const step_taken&)>;

/// Quotes and bookings. What takes a transaction does all of its work inside it, so it happens as a whole or not at
/// all; what is none of the caller's business is errc::not_found, like what does not exist.
class service
{
    pg::database& db_;
    const clock& clock_;
    market market_;
    follower follow_;

    task<result<booking>> move(pg::tx& tx, const identity& who, const booking_row& b, booking_status to,
                               std::optional<instant> due, std::string reason, std::optional<refund_offer> refund = {});
    task<result<void>> check_caps(pg::tx& tx, user_id guest, const stay_to_book& b);
    task<result<booking_row>> for_host(pg::tx& tx, const identity& who, booking_id id);

public:
    service(pg::database& db, const clock& c, market m) : db_{db}, clock_{c}, market_{m} {}

    /// Told of every answer, cancellation and no-show.
    void on_step(follower f) { follow_ = std::move(f); }

    /// A price with every line, good for market.quote. errc::invalid_input with an error for each stay rule that is
    /// broken, dates_taken, not_allowed for one's own property.
    task<result<quote>> make_quote(pg::tx& tx, const identity& who, property_id property, new_quote asked);
    /// The same in a transaction of its own.
    task<result<quote>> quote_now(const identity& who, property_id property, new_quote asked);
    task<result<quote>> find_quote(const identity& who, quote_id id);

    /// Books a quote of one's own: confirmed at once, awaiting payment, or requested of the host, as the property
    /// has it. errc::quote_expired when it is too old or the property's price or rules have changed, dates_taken,
    /// too_many_requests when the guest already waits for too many, or too many wait at the property.
    task<result<booking>> book(pg::tx& tx, const identity& who, new_booking asked);

    task<result<booking>> find(const identity& who, booking_id id);
    /// Those that are there for them, in no order.
    task<std::vector<booking>> find_all(const identity& who, std::vector<booking_id> ids);
    task<result<booking_page>> list(const identity& who, booking_filter f);
    /// Of several at a time, each by itself and in their order.
    task<std::vector<result<std::vector<booking_event>>>> history(const identity& who, std::vector<booking_id> ids);

    /// The host's answers to a request. Accepting confirms it or, where guests pay online, waits for the payment;
    /// errc::dates_taken when the request kept no nights and somebody else has them now.
    task<result<booking>> accept(pg::tx& tx, const identity& who, booking_id id);
    task<result<booking>> decline(pg::tx& tx, const identity& who, booking_id id, std::string reason);

    /// Frees the nights that have not begun. errc::wrong_state when there is nothing to cancel any more.
    task<result<cancelled_booking>> cancel(pg::tx& tx, const identity& who, booking_id id, std::string reason);
    /// What cancelling would give back, now and at every later moment. Of several at a time, each by itself and in
    /// their order.
    task<std::vector<result<cancellation_preview>>> preview(const identity& who, std::vector<booking_id> ids);
    /// The guest never came: as the host or an admin says, some time after check-in. Frees the nights that have not
    /// begun.
    task<result<cancelled_booking>> no_show(pg::tx& tx, const identity& who, booking_id id, std::string reason);
};

}  // namespace roost::bookings
