#pragma once
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_set>

#include "platform/jobs/worker.hpp"

namespace roost::jobs {

/// One try of a job. Shared by the coroutine that does it and by who may cut it off.
struct worker::one_try final : attempt
{
    const claimed job;
    boost::asio::steady_timer limit;
    boost::asio::cancellation_signal cut;
    enum
    {
        nobody,
        timeout,
        stopping,
    } cut_by = nobody;
    bool completed = false;  // by the handler, together with its effect
    bool lost = false;

    one_try(boost::asio::io_context& io, claimed c) : job{std::move(c)}, limit{io} {}

    job_id id() const override { return job.id; }
    int number() const override { return job.tries; }
    task<> complete_in(pg::tx& tx) override;

    void cut_off(decltype(nobody) by)
    {
        if (cut_by != nobody) return;
        cut_by = by;
        cut.emit(boost::asio::cancellation_type::terminal);
    }
};

/// What the worker has on one context. Owned by the coroutines that run there, so that timers end before the context.
struct worker::thread
{
    boost::asio::io_context& io;
    boost::asio::steady_timer pause{io};  // between two looks for work
    boost::asio::steady_timer care{io};   // between two rounds of what one thread of a process does
    boost::asio::steady_timer quiet{io};  // between two rings
    boost::asio::steady_timer grace{io};  // of a drain
    boost::asio::cancellation_signal end_listening = {};
    std::unordered_set<std::shared_ptr<one_try>> tries = {};
    int loops = 0;  // coroutines that begin things
    bool draining = false;
    bool rung = false;  // since the last look
    bool more = false;  // the last look left work behind
    bool ringing = false;
    bool ring_again = false;

    explicit thread(boost::asio::io_context& on) : io{on} {}

    void wake()
    {
        rung = true;
        pause.cancel();
    }
};

}  // namespace roost::jobs
