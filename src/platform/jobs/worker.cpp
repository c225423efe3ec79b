#include "platform/jobs/worker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <stdexcept>

#include "platform/jobs/bell.hpp"
#include "platform/jobs/meters.hpp"
#include "platform/jobs/thread.hpp"
#include "platform/observe/log.hpp"
#include "platform/pg/listener.hpp"

namespace roost::jobs {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr int batch = 1'000;                    // of jobs whose time has come
constexpr int few = 10;                         // woken: this process does them; more are told to the others
constexpr std::chrono::milliseconds quiet{50};  // between two rings of a thread
constexpr std::chrono::seconds measure_every{10};
constexpr std::chrono::hours forget_every{1};
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// Processes that started together should not look together.
std::chrono::milliseconds about(std::chrono::milliseconds t)
{
    thread_local std::minstd_rand dice{std::random_device{}()};
    return std::chrono::milliseconds{
        std::uniform_int_distribution<std::chrono::milliseconds::rep>{t.count() * 3 / 4, t.count()}(dice)};
}

/// True once per period.
class now_and_then
{
    steady_clock::duration period_;
    steady_clock::time_point next_ = steady_clock::now();

public:
    explicit now_and_then(steady_clock::duration period) : period_{period} {}
    bool due()
    {
        if (steady_clock::now() < next_) return false;
        next_ = steady_clock::now() + period_;
        return true;
    }
};

}  // namespace

worker::worker(pg::database& db, const clock& c, pg::config for_listening, worker_config how)
    : db_{db}, clock_{c}, for_listening_{std::move(for_listening)}, how_{how}, meters_{std::make_unique<meters>()}
{}

worker::~worker() = default;

void worker::add(registered r)
{
    meters_->add(r.terms.name);
    terms_.push_back(r.terms);
    const auto name = r.terms.name;
    if (!kinds_.emplace(name, std::move(r)).second) throw std::logic_error("two handlers for jobs of kind " + name);
}

void worker::hand_over(const std::string& name, untyped_handler to)
{
    if (const auto known = kinds_.find(name); known != kinds_.end())
    {
        known->second.run = std::move(to);
        return;
    }
    const kind<nothing> usual{name};
    add({{name, usual.priority, usual.attempts, usual.concurrency, usual.timeout},
         usual.longest_pause,
         [](const std::string&) { return result<void>{}; },
         std::move(to)});
}

result<void> worker::check(const std::string& name, const std::string& payload) const
{
    const auto known = kinds_.find(name);
    if (known == kinds_.end()) return fail(errc::not_found, "there is no such kind");
    return known->second.check(payload);
}

std::optional<kind_terms> worker::terms_of(const std::string& name) const
{
    const auto known = kinds_.find(name);
    return known == kinds_.end() ? std::nullopt : std::optional{known->second.terms};
}

std::shared_ptr<worker::thread> worker::find(asio::io_context& io) const
{
    const std::scoped_lock lock{guard_};
    const auto it = std::ranges::find(threads_, &io, [](const auto& t) { return &t->io; });
    return it == threads_.end() ? nullptr : *it;
}

void worker::attach(asio::io_context& io)
{
    const auto t = std::make_shared<thread>(io);
    {
        const std::scoped_lock lock{guard_};
        threads_.push_back(t);
    }
    bell_here() = [this, weak = std::weak_ptr{t}] {
        if (const auto here = weak.lock()) rung_on(here);
    };
    if (how_.hands == 0) return;
    // Nothing gets past these coroutines but what ends the program anyway.
    asio::co_spawn(io, work(t), asio::detached);
    asio::io_context* nobody = nullptr;
    if (!home_.compare_exchange_strong(nobody, &io)) return;
    asio::co_spawn(io, look_after(t), asio::detached);
    asio::co_spawn(io, listen(t), asio::bind_cancellation_slot(t->end_listening.slot(), [](std::exception_ptr) {}));
}

void worker::drain(asio::io_context& io)
{
    const auto t = find(io);
    if (!t || std::exchange(t->draining, true)) return;
    t->pause.cancel();
    t->care.cancel();
    t->end_listening.emit(asio::cancellation_type::terminal);
    t->grace.expires_after(how_.grace);
    t->grace.async_wait([weak = std::weak_ptr{t}](boost::system::error_code ended) {
        const auto here = weak.lock();
        if (!here || ended) return;
        for (const auto& each : auto{here->tries}) each->cut_off(one_try::stopping);
    });
}

bool worker::idle(asio::io_context& io) const
{
    const auto t = find(io);
    return !t || (t->loops == 0 && t->tries.empty());
}

void worker::detach(asio::io_context& io)
{
    const auto t = find(io);
    if (!t) return;
    drain(io);
    t->quiet.cancel();
    t->grace.cancel();
    bell_here() = nullptr;
    const std::scoped_lock lock{guard_};
    std::erase(threads_, t);
}

void worker::wake_all()
{
    const std::scoped_lock lock{guard_};
    for (const auto& t : threads_)
        asio::post(t->io, [weak = std::weak_ptr{t}] {
            if (const auto there = weak.lock()) there->wake();
        });
}

/// A job was enqueued on this thread: its own loop looks at once, the other processes are told, not too often.
void worker::rung_on(const std::shared_ptr<thread>& t)
{
    t->wake();
    t->ring_again = true;
    if (!std::exchange(t->ringing, true)) asio::co_spawn(t->io, tell_others(t), asio::detached);
}

task<> worker::tell_others(std::shared_ptr<thread> t)
{
    while (std::exchange(t->ring_again, false) && !t->draining)
    {
        try
        {
            co_await ring(db_);
        }
        catch (const std::exception& e)  // they look by themselves before long
        {
            log::debug("others could not be told of a job", {{"error", e.what()}});
        }
        t->quiet.expires_after(quiet);
        co_await t->quiet.async_wait(as_result);
    }
    t->ringing = false;
}

task<> worker::work(std::shared_ptr<thread> t)
{
    ++t->loops;
    while (!t->draining)
    {
        t->rung = false;
        const auto hands = how_.hands - static_cast<int>(t->tries.size());
        t->more = hands == 0;
        const bool well = hands == 0 || co_await take(t, hands);
        if (t->draining || (well && (t->rung || t->more) && std::cmp_less(t->tries.size(), how_.hands))) continue;
        t->pause.expires_after(about(how_.poll));
        co_await t->pause.async_wait(as_result);
    }
    --t->loops;
}

/// Begins as many as there are hands; false when the database is away.
task<bool> worker::take(std::shared_ptr<thread> t, int hands)
{
    try
    {
        auto jobs = co_await claim(db_, terms_, hands);
        t->more = std::cmp_equal(jobs.size(), hands);
        for (auto& j : jobs) begin(t, std::move(j));
        co_return true;
    }
    catch (const pg::unavailable& e)  // said aloud where connections are made
    {
        log::debug("no jobs without the database", {{"error", e.what()}});
    }
    catch (const std::exception& e)
    {
        log::error("jobs could not be claimed", {{"error", e.what()}});
    }
    co_return false;
}

void worker::begin(const std::shared_ptr<thread>& t, claimed job)
{
    const auto one = std::make_shared<one_try>(t->io, std::move(job));
    t->tries.insert(one);
    running_.fetch_add(1, std::memory_order_relaxed);
    if (t->draining) one->cut_by = one_try::stopping;  // the answer came after we were asked to end
    asio::co_spawn(t->io, do_one(t, one), [this, t, one](std::exception_ptr) {
        running_.fetch_sub(1, std::memory_order_relaxed);
        t->tries.erase(one);
        if (t->more) t->wake();
    });
}

task<> worker::look_after(std::shared_ptr<thread> t)
{
    ++t->loops;
    bool schedules_known = false;
    now_and_then to_measure{measure_every}, to_forget{forget_every};
    while (!t->draining)
    {
        std::int64_t woken = 0;
        try
        {
            if (!std::exchange(schedules_known, true)) co_await add_schedules(db_, periodic_, clock_.shift());
            woken += co_await wake_due(db_, clock_.shift(), batch);
            woken += co_await start_periodic(db_, periodic_, clock_.shift());
            for (const auto& lost : co_await take_back(db_, terms_, batch))
                log::warn("a job was taken back from a process that did not end it in time",
                          {{"kind", lost.kind}, {"job", lost.id.text()}, {"try", lost.tries}});
            if (woken > 0) wake_all();
            if (woken > few) co_await ring(db_);
            if (to_measure.due()) meters_->show(co_await measure(db_));
            if (to_forget.due()) co_await forget_dead(db_, how_.dead_kept, batch);
        }
        catch (const pg::unavailable& e)
        {
            schedules_known = false;
            log::debug("no look at the queue without the database", {{"error", e.what()}});
        }
        catch (const std::exception& e)
        {
            log::error("looking after the queue failed", {{"error", e.what()}});
        }
        if (woken >= batch || t->draining) continue;
        t->care.expires_after(about(how_.poll));
        co_await t->care.async_wait(as_result);
    }
    --t->loops;
}

task<> worker::listen(std::shared_ptr<thread> t)
{
    pg::listener heard{t->io, for_listening_, {"roost_jobs"}};
    for (;;)
    {
        co_await heard.next();
        wake_all();
    }
}

}  // namespace roost::jobs
