#pragma once
#include <vector>

#include "bookings/alteration.hpp"
#include "bookings/service.hpp"

namespace roost::bookings {

struct alteration_row;
struct booking_row;

/// Changes of bookings that both sides agree on. At most one proposal of a booking is open; what belongs to one booking
/// happens one after the other, since each use case locks it first. An admin sees them and has no part in them.
class alterations
{
    pg::database& db_;
    const clock& clock_;
    market market_;
    follower follow_;

    task<result<alteration>> end(pg::tx& tx, const identity& who, booking_id booking, alteration_id id,
                                 alteration_status as, std::string answer);

public:
    alterations(pg::database& db, const clock& c, market m) : db_{db}, clock_{c}, market_{m} {}

    /// Told of every change that was accepted.
    void on_step(follower f) { follow_ = std::move(f); }

    /// The other nights or guests are priced and checked by the rules of now; only the arrival's rules are not asked
    /// again when the arrival stays. During a stay only its end and guests can change, and only from now on.
    /// errc::invalid_input for each broken rule, dates_taken, wrong_state when there is nothing to change any more or a
    /// proposal is open.
    task<result<alteration>> propose(pg::tx& tx, const identity& who, booking_id booking, new_alteration asked);

    /// All of each of several bookings, newest first; each by itself and in their order.
    task<std::vector<result<std::vector<alteration>>>> list(const identity& who, std::vector<booking_id> bookings);

    /// The other side's answers. Accepting takes exactly what was proposed, at the price that was shown: nights, price,
    /// times and history change together. errc::dates_taken when somebody has the new nights by now: then nothing does.
    task<result<alteration>> accept(pg::tx& tx, const identity& who, booking_id booking, alteration_id id);
    task<result<alteration>> decline(pg::tx& tx, const identity& who, booking_id booking, alteration_id id,
                                     std::string answer);
    /// The proposer's own withdrawal.
    task<result<alteration>> cancel(pg::tx& tx, const identity& who, booking_id booking, alteration_id id);
};

/// Closes a batch of what nobody answered by `now`; returns how many.
task<std::int64_t> expire_alterations(pg::tx& tx, instant now, int batch);

}  // namespace roost::bookings
