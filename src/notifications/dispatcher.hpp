#pragma once
#include <string>

#include "core/clock.hpp"
#include "notifications/notification.hpp"
#include "notifications/store.hpp"
#include "notifications/telling.hpp"
#include "platform/jobs/jobs.hpp"
#include "platform/pg/database.hpp"

namespace roost::notifications {

/// Turns events into notifications and mails, each event once: its mark, the messages and their jobs commit together.
class dispatcher
{
    pg::database& db_;
    const clock& clock_;
    const std::string site_;

    task<> note_failure(std::int64_t event, const std::string& why);
    task<> tell(pg::tx& tx, const event& e);
    task<> tell_booking(pg::tx& tx, const event& e);
    task<> tell_review(pg::tx& tx, const event& e);
    task<> tell_payment(pg::tx& tx, const event& e);
    task<> tell_payout(pg::tx& tx, const event& e);
    task<> tell_conflict(pg::tx& tx, const event& e);
    task<> tell_person(pg::tx& tx, const event& e, kind k);
    task<> send(pg::tx& tx, const person& to, to_tell what, const facts& f, subject_id about, std::string occasion);

public:
    dispatcher(pg::database& db, const clock& c, std::string site) : db_{db}, clock_{c}, site_{std::move(site)} {}

    /// What waits, oldest first, a bounded number; returns how many. An event that cannot be told is logged, and passed
    /// over after some tries.
    task<int> dispatch();

    /// Reminds both sides of a stay that begins within a day. One that was moved is reminded of later, one that was
    /// cancelled never.
    task<result<void>> remind(jobs::attempt& a, booking_id which);
};

}  // namespace roost::notifications
