#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <random>

#include "platform/jobs/meters.hpp"
#include "platform/jobs/thread.hpp"
#include "platform/observe/log.hpp"

namespace roost::jobs {

namespace asio = boost::asio;

namespace {

constexpr int times_to_tell = 5;  // how a try ended, to a database that is away; then the lease ends it

}  // namespace

task<> worker::one_try::complete_in(pg::tx& tx)
{
    if (!co_await finish(tx, job.id, job.token))
    {
        lost = true;
        throw lease_lost{"the lease of this job has passed to another"};
    }
    tx.after_commit([this] { completed = true; });
}

std::chrono::milliseconds worker::pause_after(const registered& k, int tries) const
{
    using std::chrono::milliseconds;
    thread_local std::minstd_rand dice{std::random_device{}()};
    const auto most = std::min<milliseconds>(how_.first_pause * (1LL << std::clamp(tries - 1, 0, 30)), k.longest_pause);
    return milliseconds{std::uniform_int_distribution<milliseconds::rep>{0, most.count()}(dice)};
}

task<result<void>> worker::run_handler(std::shared_ptr<one_try> t, const registered& k)
{
    try
    {
        co_return co_await k.run(*t, t->job.payload);
    }
    catch (const std::exception& e)
    {
        co_return fail(errc::unavailable, e.what());
    }
}

task<> worker::do_one(std::shared_ptr<thread> home, std::shared_ptr<one_try> t)
{
    const auto& k = kinds_.find(t->job.kind)->second;
    const auto began = std::chrono::steady_clock::now();
    meters_->begun(t->job.kind, t->job.waited);
    t->limit.expires_after(k.terms.timeout);
    t->limit.async_wait([weak = std::weak_ptr{t}](boost::system::error_code ended) {
        const auto late = weak.lock();
        if (late && !ended) late->cut_off(one_try::timeout);
    });
    result<void> said = fail(errc::unavailable, "the process stops");
    if (t->cut_by == one_try::nobody)
        said = co_await asio::co_spawn(home->io, run_handler(t, k),
                                       asio::bind_cancellation_slot(t->cut.slot(), asio::use_awaitable));
    t->limit.cancel();
    if (t->cut_by == one_try::timeout && !said)
        said = fail(errc::unavailable, std::format("took longer than {} s", k.terms.timeout.count()));
    const auto how = co_await conclude(*home, *t, k, std::move(said));
    meters_->ended(t->job.kind, how, std::chrono::steady_clock::now() - began);
}

/// Says how it ended, until the database has heard it.
task<outcome> worker::conclude(thread& home, const one_try& t, const registered& k, result<void> said)
{
    if (t.completed) co_return outcome::done;
    for (int told = 1; !t.lost; ++told)
    {
        try
        {
            if (said) co_return co_await finish(db_, t.job.id, t.job.token) ? outcome::done : lost_lease(t);
            co_return co_await failed(t, k, said.error());
        }
        catch (const std::exception& e)
        {
            if (told == times_to_tell)
            {
                log::warn("how a job ended could not be said", {{"kind", t.job.kind}, {"error", e.what()}});
                co_return outcome::lost;
            }
        }
        asio::steady_timer pause{home.io, std::chrono::seconds{1}};
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    co_return lost_lease(t);
}

task<outcome> worker::failed(const one_try& t, const registered& k, const error& why)
{
    if (t.cut_by == one_try::stopping)
        co_return co_await end_try(db_, t.job.id, t.job.token, {.next = ending::waiting}) ? outcome::returned
                                                                                          : lost_lease(t);
    const bool last = t.job.tries >= k.terms.attempts;
    const auto text = why.detail.empty() ? std::string{name_of(why.code)} : why.detail;
    const auto pause = pause_after(k, t.job.tries);
    if (!co_await end_try(db_, t.job.id, t.job.token,
                          {.next = last ? ending::dead : ending::retrying, .pause = pause, .error = text}))
        co_return lost_lease(t);
    const auto id = t.job.id.text();
    const std::initializer_list<log::field> fields{
        {"kind", t.job.kind}, {"job", id}, {"try", t.job.tries}, {"error", text}};
    if (last)
        log::error("a job is given up", fields);
    else
        log::warn("a job failed and will be tried again", fields);
    co_return last ? outcome::dead : t.cut_by == one_try::timeout ? outcome::timed_out : outcome::failed;
}

outcome worker::lost_lease(const one_try& t)
{
    log::warn("a job's lease had passed to another: this try does not count",
              {{"kind", t.job.kind}, {"job", t.job.id.text()}, {"try", t.job.tries}});
    return outcome::lost;
}

}  // namespace roost::jobs
