#pragma once
#include <atomic>
#include <chrono>
#include <memory>

#include "core/clock.hpp"
#include "platform/pg/database.hpp"

namespace boost::asio {
class io_context;
}

namespace roost::bookings {

/// Lets time pass: expires holds and requests, begins and ends stays, forgets old quotes and kept replies. Any number
/// of processes may sweep at once; each takes what no other has. Nothing depends on its punctuality: whoever wants the
/// nights of an expired hold gets them without it.
class sweeper
{
    pg::database& db_;
    const clock& clock_;
    const std::chrono::milliseconds pause_;
    struct running;
    std::atomic<boost::asio::io_context*> home_{nullptr};
    std::weak_ptr<running> running_;  // owned by run(), so that the timer ends before its context; home_'s thread only

    task<> run(std::shared_ptr<running> r);

public:
    sweeper(pg::database& db, const clock& c, std::chrono::milliseconds pause);
    ~sweeper();

    /// Everything that is due, batch by batch; returns how many bookings moved.
    task<std::int64_t> sweep();

    /// The first context that attaches sweeps, with `pause` in between; the others do not. A database that is away is
    /// tried again. To be called on the context's thread.
    void attach(boost::asio::io_context& io);
    /// Ends it after what it is doing now, so that the context runs out of work.
    void detach(boost::asio::io_context& io);
};

}  // namespace roost::bookings
