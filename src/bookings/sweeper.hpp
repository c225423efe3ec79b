#pragma once
#include <chrono>

#include "core/clock.hpp"
#include "platform/pg/database.hpp"

namespace roost::bookings {

/// Lets time pass: expires holds and requests, begins and ends stays, forgets old quotes. Any number of processes may
/// sweep at once; each takes what no other has. Nothing depends on its punctuality: whoever wants the nights of an
/// expired hold gets them without it.
class sweeper
{
    pg::database& db_;
    const clock& clock_;

public:
    sweeper(pg::database& db, const clock& c) : db_{db}, clock_{c} {}

    /// Everything that is due, batch by batch; returns how many bookings moved.
    task<std::int64_t> sweep();
    /// Sweeps every `pause` until it is cancelled. A database that is away is tried again.
    task<> run(std::chrono::milliseconds pause);
};

}  // namespace roost::bookings
