#include "platform/outbound/background.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace asio = boost::asio;

namespace roost::outbound {
namespace {

struct piece
{
    std::function<void(std::stop_token)> work;
    asio::any_completion_handler<void(bool)> done;
    asio::executor_work_guard<asio::any_io_executor> origin;

    void finish(bool did)
    {
        auto to = origin.get_executor();
        asio::post(to, [done = std::move(done), did]() mutable { std::move(done)(did); });
    }
};

}  // namespace

struct background::state
{
    std::size_t most_waiting;
    std::mutex guard = {};
    std::condition_variable_any news = {};
    std::deque<piece> queue = {};
    bool stopped = false;
    std::mutex ending = {};
    std::vector<std::jthread> threads = {};  // under `ending`; last: joined before the rest goes

    void serve(const std::stop_token& stop)
    {
        for (;;)
        {
            std::unique_lock lock{guard};
            if (!news.wait(lock, stop, [this] { return !queue.empty(); }) || stop.stop_requested()) return;
            auto next = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            next.work(stop);
            next.finish(true);
        }
    }
};

background::background(unsigned threads, std::size_t most_waiting) : state_{std::make_unique<state>(most_waiting)}
{
    for (unsigned i = 0; i < threads; ++i)
        state_->threads.emplace_back([st = state_.get()](const std::stop_token& stop) { st->serve(stop); });
}

background::~background() { end(); }

void background::stop()
{
    std::deque<piece> waiting;
    {
        const std::lock_guard lock{state_->guard};
        state_->stopped = true;
        waiting.swap(state_->queue);
    }
    {
        const std::lock_guard lock{state_->ending};
        for (auto& t : state_->threads) t.request_stop();
    }
    for (auto& w : waiting) w.finish(false);
}

void background::end()
{
    stop();
    const std::lock_guard lock{state_->ending};
    state_->threads.clear();  // joins
}

task<bool> background::perform(std::function<void(std::stop_token)> work)
{
    auto executor = co_await asio::this_coro::executor;
    auto start = [st = state_.get(), &work, &executor](auto done) {
        piece p{std::move(work), std::move(done), asio::make_work_guard(executor)};
        std::unique_lock lock{st->guard};
        if (st->stopped || st->queue.size() >= st->most_waiting)
        {
            lock.unlock();
            return p.finish(false);
        }
        st->queue.push_back(std::move(p));
        lock.unlock();
        st->news.notify_one();
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(std::move(start),
                                                                                       asio::use_awaitable);
}

}  // namespace roost::outbound
