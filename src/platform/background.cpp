#include "platform/background.hpp"

#include <algorithm>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace asio = boost::asio;

namespace roost {
namespace {

struct piece
{
    std::function<void(std::stop_token)> work;
    asio::any_completion_handler<void(bool)> done;
    asio::executor_work_guard<asio::any_io_executor> origin;
    asio::execution_context* const where = &origin.get_executor().context();
    std::stop_source stop = {};

    /// Leaves nothing here that belongs to the context: it may be gone before this is.
    void finish(bool did)
    {
        const auto to = origin.get_executor();
        asio::post(to, [done = std::move(done), origin = std::move(origin), did]() mutable {
            asio::get_associated_cancellation_slot(done).clear();
            std::move(done)(did);
        });
    }
};

using shared_piece = std::shared_ptr<piece>;

}  // namespace

struct background::state
{
    std::size_t most_waiting;
    std::mutex guard = {};
    std::condition_variable_any news = {}, ended = {};
    std::deque<shared_piece> queue = {};
    std::vector<shared_piece> running = {};
    std::vector<asio::execution_context*> detached = {};
    bool stopped = false;
    std::vector<std::jthread> threads = {};  // last: joined before the rest goes

    void serve(const std::stop_token& stop)
    {
        for (;;)
        {
            std::unique_lock lock{guard};
            if (!news.wait(lock, stop, [this] { return !queue.empty(); }) || stop.stop_requested()) return;
            const auto next = running.emplace_back(std::move(queue.front()));
            queue.pop_front();
            lock.unlock();
            {
                const std::stop_callback with_all{stop, [&next] { next->stop.request_stop(); }};
                next->work(next->stop.get_token());
            }
            next->finish(true);
            lock.lock();
            std::erase(running, next);
            lock.unlock();
            ended.notify_all();
        }
    }

    bool add(const shared_piece& p)
    {
        const std::lock_guard lock{guard};
        if (stopped || queue.size() >= most_waiting || std::ranges::contains(detached, p->where)) return false;
        queue.push_back(p);
        return true;
    }

    void cut_off(const shared_piece& p)
    {
        {
            const std::lock_guard lock{guard};
            if (std::erase(queue, p) == 0) return static_cast<void>(p->stop.request_stop());
        }
        p->finish(false);
    }
};

background::background(unsigned threads, std::size_t most_waiting) : state_{std::make_unique<state>(most_waiting)}
{
    for (unsigned i = 0; i < threads; ++i)
        state_->threads.emplace_back([st = state_.get()](const std::stop_token& stop) { st->serve(stop); });
}

background::~background()
{
    stop();
    state_->threads.clear();  // joins
}

void background::stop()
{
    {
        const std::lock_guard lock{state_->guard};
        state_->stopped = true;
        for (const auto& p : state_->queue) p->finish(false);
        state_->queue.clear();
    }
    for (auto& t : state_->threads) t.request_stop();
}

void background::detach(asio::io_context& io)
{
    const auto is_here = [&io](const shared_piece& p) { return p->where == &io; };
    std::unique_lock lock{state_->guard};
    state_->detached.push_back(&io);
    for (const auto& p : state_->queue)
        if (is_here(p)) p->finish(false);
    std::erase_if(state_->queue, is_here);
    for (const auto& p : state_->running)
        if (is_here(p)) p->stop.request_stop();
    state_->ended.wait(lock, [&] { return std::ranges::none_of(state_->running, is_here); });
}

std::size_t background::waiting() const
{
    const std::lock_guard lock{state_->guard};
    return state_->queue.size();
}

task<bool> background::perform(std::function<void(std::stop_token)> work)
{
    auto executor = co_await asio::this_coro::executor;
    auto start = [st = state_.get(), &work, &executor](auto done) {
        const auto p = std::make_shared<piece>(std::move(work), std::move(done), asio::make_work_guard(executor));
        if (auto slot = asio::get_associated_cancellation_slot(p->done); slot.is_connected())
            slot.assign([st, weak = std::weak_ptr{p}](asio::cancellation_type) {
                if (const auto here = weak.lock()) st->cut_off(here);
            });
        if (st->add(p))
            st->news.notify_one();
        else
            p->finish(false);
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(std::move(start),
                                                                                       asio::use_awaitable);
}

}  // namespace roost
