#include "platform/pg/pool.hpp"

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <format>
#include <random>
#include <utility>

#include "platform/observe/log.hpp"

namespace roost::pg {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr auto beat = milliseconds{50};               // how precise deadlines are
constexpr auto grace = milliseconds{500};             // for the server to report its own timeout before ours
constexpr std::size_t deepest = 256;                  // statements in flight on one shared connection
constexpr auto keep_idle = std::chrono::seconds{60};  // an unused connection
constexpr std::size_t name_limit = 63;                // of a prepared statement

constexpr statement reset_settings{"pg.reset_settings", "reset all"};
constexpr statement stop_listening{"pg.stop_listening", "unlisten *"};

/// Between half and all of it.
steady::duration jittered(milliseconds most)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto half = most.count() / 2;
    return milliseconds{half + std::uniform_int_distribution<milliseconds::rep>{0, half}(random)};
}

milliseconds doubled(milliseconds first, int times, milliseconds most)
{
    return std::min(first * (1 << std::min(times, 10)), most);
}

}  // namespace

struct pool::waiter
{
    steady::time_point since = steady::now();
    connection_ptr granted;
    bool over = false;
    bool cancelled = false;
    asio::any_completion_handler<void()> done;

    void end(const asio::any_io_executor& on)
    {
        over = true;
        if (auto handler = std::exchange(done, {})) asio::post(on, std::move(handler));
    }
};

task<> back_off(int attempt)
{
    asio::steady_timer timer{co_await asio::this_coro::executor};
    timer.expires_after(jittered(doubled(milliseconds{8}, attempt, milliseconds{500})));
    co_await timer.async_wait(asio::use_awaitable);
}

lease::~lease()
{
    if (connection_) pool_->give_back(connection_);
}

pool::pool(asio::any_io_executor on, std::shared_ptr<database::shared> of)
    : executor_{std::move(on)}, shared_{std::move(of)}, timer_{std::in_place, executor_}
{
    const std::scoped_lock lock{shared_->guard};
    shared_->threads.push_back(gauges_);
}

known_statement& pool::known(const statement& s)
{
    if (const auto it = statements_.find(s.name); it != statements_.end())
    {
        if (it->second->sql != s.sql) throw std::logic_error(std::format("two statements are called {}", s.name));
        return *it->second;
    }
    if (s.name.empty() || s.name.size() > name_limit)
        throw std::logic_error(std::format("a statement's name has 1 to {} characters: {}", name_limit, s.name));
    auto made = std::make_unique<known_statement>(statements_.size(), std::string{s.name}, std::string{s.sql});
    auto& k = *made;
    statements_.emplace(k.name, std::move(made));
    return k;
}

void pool::submit(operation_ptr op)
{
    start();
    if (auto* const c = pending_.empty() ? least_loaded() : nullptr) return c->send(std::move(op));
    if (std::cmp_greater_equal(pending_.size(), settings().most_waiting))
        return op->fail({"53300", "too many statements wait for PostgreSQL", {}, failure::not_sent}, executor_);
    pending_.push_back(std::move(op));
    maintain();
}

connection* pool::least_loaded()
{
    connection* best = nullptr;
    steady::rep least = 0;
    const auto now = steady::now();
    for (const auto& c : pipelined_)
    {
        if (!c->ready() || c->outdated || c->touched_session || c->in_flight() >= deepest) continue;
        // A millisecond the server has been busy with one statement weighs as much as a statement in the queue.
        const auto load = static_cast<steady::rep>(c->in_flight()) + c->busy_for(now) / milliseconds{1};
        if (!best || load < least) best = c.get(), least = load;
    }
    return best;
}

void pool::send_pending()
{
    while (!pending_.empty())
    {
        auto* const c = least_loaded();
        if (!c) return;
        const auto op = std::move(pending_.front());
        pending_.pop_front();
        if (!op->cancelled) c->send(op);
    }
}

task<lease> pool::acquire()
{
    start();
    const auto self = shared_from_this();
    if (!idle_.empty())
    {
        auto c = std::move(idle_.back());
        idle_.pop_back();
        c->leased = true;
        co_return lease{self, std::move(c)};
    }
    if (std::cmp_greater_equal(waiters_.size(), settings().most_waiting))
        throw unavailable{"too many wait for a PostgreSQL connection"};
    const auto w = std::make_shared<waiter>();
    waiters_.push_back(w);
    maintain();
    auto wait = asio::async_initiate<const asio::deferred_t, void()>(
        [w, on = executor_](auto handler) {
            w->done = std::move(handler);
            if (auto slot = asio::get_associated_cancellation_slot(w->done); slot.is_connected())
                slot.assign([weak = std::weak_ptr{w}, on](asio::cancellation_type) {
                    const auto waiting = weak.lock();
                    if (!waiting || waiting->over) return;
                    waiting->cancelled = true;
                    waiting->end(on);
                });
        },
        asio::deferred);
    co_await std::move(wait);
    if (settings().watch) settings().watch->waited(steady::now() - w->since);
    if (w->cancelled) throw boost::system::system_error(asio::error::operation_aborted);
    if (!w->granted) throw unavailable{"no PostgreSQL connection came free in time"};
    co_return lease{self, std::move(w->granted)};
}

void pool::offer(const connection_ptr& c)
{
    while (!waiters_.empty())
    {
        const auto w = std::move(waiters_.front());
        waiters_.pop_front();
        if (w->over) continue;
        c->leased = true;
        w->granted = c;
        return w->end(executor_);
    }
    c->idle_since = steady::now();
    idle_.push_back(c);
}

void pool::give_back(const connection_ptr& c)
{
    if (phase_ == phase::shut_down) return;
    c->leased = false;
    if (c->in_flight() == 0 || !c->ready()) put_down(c);
}

/// The connection has nothing left to do: clean it for the next user, or close it.
void pool::put_down(const connection_ptr& c)
{
    if (c->closed()) return maintain();
    if (!c->clean() || c->outdated || phase_ != phase::running) return c->lose("it cannot be used again");
    if (!std::exchange(c->touched_session, false)) return offer(c);
    c->send(std::make_shared<operation>(known(reset_settings), params{}));
    c->send(std::make_shared<operation>(known(stop_listening), params{}));
}

void pool::opened(connection& c)
{
    failures_ = 0;
    say_reachable(true, {});
    if (std::ranges::contains(pipelined_, &c, &connection_ptr::get))
        send_pending();
    else
        offer(c.shared_from_this());
    maintain();
}

void pool::lost(connection& c, const std::string& why)
{
    for (auto* const list : {&pipelined_, &exclusive_, &idle_})
        std::erase_if(*list, [&](const auto& each) { return each.get() == &c; });
    if (phase_ != phase::running) return;
    if (const auto now = steady::now(); c.established)
        next_attempt_ = std::max(next_attempt_, now + jittered(milliseconds{4}));
    else
    {
        say_reachable(false, why);
        if (now >= next_attempt_)  // attempts that were made together fail together
            next_attempt_ = now + jittered(doubled(milliseconds{50}, failures_++, milliseconds{2'000}));
    }
}

void pool::progressed(connection& c)
{
    const bool shared = std::ranges::contains(pipelined_, &c, &connection_ptr::get);
    if (shared && (c.outdated || c.touched_session))
    {
        if (c.in_flight() == 0) c.lose("its session has changed");
    }
    else if (!shared && !c.leased && c.in_flight() == 0)
        put_down(c.shared_from_this());
    if (!pending_.empty()) send_pending();
}

void pool::ran(const operation& op, steady::time_point now)
{
    if (auto* const watch = settings().watch.get())
        watch->ran(op.what->name, now - op.since, op.failed ? std::string_view{op.failed->sqlstate} : "");
}

void pool::start()
{
    if (phase_ == phase::running) return;
    if (phase_ == phase::shut_down) throw unavailable{"the event loop has ended"};
    phase_ = phase::running;
    next_attempt_ = {};
    maintain();
    tick();
}

void pool::tick()
{
    timer_->expires_after(beat);
    timer_->async_wait([self = shared_from_this()](boost::system::error_code ec) {
        if (ec || self->phase_ != phase::running) return;
        const auto now = steady::now();
        self->drop_overdue(now);
        self->close_idle(now);
        self->maintain();
        self->publish();
        self->tick();
    });
}

/// Opens what is missing. While the server cannot be reached, one attempt at a time finds out when it is back.
void pool::maintain()
{
    if (phase_ != phase::running || steady::now() < next_attempt_) return;
    const auto connecting = [](const auto& list) {
        return static_cast<std::size_t>(
            std::ranges::count_if(list, [](const auto& c) { return !c->ready() && !c->closed(); }));
    };
    if (failures_ > 0)
    {
        if (connecting(pipelined_) + connecting(exclusive_) > 0) return;
        const bool shared_full = std::cmp_greater_equal(pipelined_.size(), settings().pipelined);
        if (shared_full && waiters_.empty()) return;
        if (shared_full && std::cmp_greater_equal(exclusive_.size(), settings().exclusive)) return;
        return connect(shared_full ? exclusive_ : pipelined_);
    }
    while (std::cmp_less(pipelined_.size(), settings().pipelined)) connect(pipelined_);
    for (auto coming = connecting(exclusive_);
         coming < waiters_.size() && std::cmp_less(exclusive_.size(), settings().exclusive); ++coming)
        connect(exclusive_);
}

void pool::connect(std::vector<connection_ptr>& into)
{
    into.push_back(std::make_shared<connection>(executor_, *this));
    into.back()->open(shared_->parameters);
}

void pool::drop_overdue(steady::time_point now)
{
    std::vector<connection_ptr> overdue;
    for (const auto* const list : {&pipelined_, &exclusive_})
        for (const auto& c : *list)
            if (const auto since = c->waiting_since();
                since && now - *since > (c->ready() ? settings().statement + grace : settings().connect))
                overdue.push_back(c);
    for (const auto& c : overdue) c->lose("PostgreSQL does not answer", true);

    while (!pending_.empty() && (pending_.front()->cancelled || now - pending_.front()->since > settings().wait))
    {
        pending_.front()->fail({"08001", "no connection to PostgreSQL in time", {}, failure::not_sent}, executor_);
        pending_.pop_front();
    }
    while (!waiters_.empty() && (waiters_.front()->over || now - waiters_.front()->since > settings().wait))
    {
        if (!waiters_.front()->over) waiters_.front()->end(executor_);
        waiters_.pop_front();
    }
}

void pool::close_idle(steady::time_point now)
{
    while (idle_.size() > 1 && now - idle_.front()->idle_since > keep_idle)
    {
        const auto oldest = idle_.front();
        oldest->lose("it was idle");
    }
}

void pool::publish()
{
    const auto put = [](std::atomic<int>& gauge, std::size_t v) {
        gauge.store(static_cast<int>(v), std::memory_order_relaxed);
    };
    std::size_t open = 0, in_flight = 0;
    for (const auto* const list : {&pipelined_, &exclusive_})
        for (const auto& c : *list) open += c->ready() ? 1 : 0, in_flight += c->in_flight();
    put(gauges_->open, open);
    put(gauges_->busy, exclusive_.size() - idle_.size());
    put(gauges_->waiting, pending_.size() + waiters_.size());
    put(gauges_->in_flight, in_flight);
}

void pool::say_reachable(bool yes, const std::string& why)
{
    if (shared_->reachable.exchange(yes) == yes) return;
    if (settings().watch)
        settings().watch->reachable(yes, why);
    else if (yes)
        log::info("postgresql is reachable again");
    else
        log::warn("postgresql cannot be reached", {{"reason", why}});
}

void pool::disconnect()
{
    if (phase_ != phase::running) return;
    phase_ = phase::stopped;
    timer_->cancel();
    for (auto& op : std::exchange(pending_, {}))
        op->fail({"08001", "the connections are being closed", {}, failure::not_sent}, executor_);
    for (auto& w : std::exchange(waiters_, {})) w->end(executor_);
    for (const auto list = exclusive_; const auto& c : list)
        if (!c->leased && c->in_flight() == 0) c->lose("it is not needed any more");
    for (const auto list = pipelined_; const auto& c : list) c->lose("it is not needed any more");
    publish();
}

void pool::shut_down()
{
    phase_ = phase::shut_down;
    const auto keep = shared_from_this();
    for (auto& op : std::exchange(pending_, {})) std::exchange(op->done, {});
    for (auto& w : std::exchange(waiters_, {})) std::exchange(w->done, {});
    for (const auto* const list : {&pipelined_, &exclusive_})
        for (const auto open = *list; const auto& c : open) c->shut_down();
    timer_.reset();
    publish();
}

}  // namespace roost::pg
