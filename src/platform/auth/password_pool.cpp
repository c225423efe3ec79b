#include "platform/auth/password_pool.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace roost::auth {
namespace {

error too_busy() { return {.code = errc::overloaded, .detail = "Too many sign-ins at once.", .retry_after = 1s}; }

/// What hashing gives: a PHC string, or for verifying "" when the password is wrong.
using outcome = result<std::string>;

struct job
{
    std::function<std::string()> work;
    asio::any_completion_handler<void(outcome)> done;
    asio::executor_work_guard<asio::any_io_executor> origin;

    void finish(outcome o)
    {
        auto to = origin.get_executor();
        asio::post(to, [done = std::move(done), o = std::move(o)]() mutable { std::move(done)(std::move(o)); });
    }
};

}  // namespace

struct password_pool::state
{
    settings how;
    mutable std::mutex guard = {};
    std::condition_variable_any news = {};
    std::deque<job> queue = {};
    std::vector<std::jthread> threads = {};  // last: joined before the rest goes

    void serve(std::stop_token stop)
    {
        for (;;)
        {
            std::unique_lock lock{guard};
            if (!news.wait(lock, stop, [this] { return !queue.empty(); }) || stop.stop_requested()) return;
            auto next = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            try
            {
                next.finish(next.work());
            }
            catch (const std::exception&)
            {
                next.finish(std::unexpected{too_busy()});  // no memory for the hash
            }
        }
    }

    task<outcome> run(std::function<std::string()> work)
    {
        auto executor = co_await asio::this_coro::executor;
        auto start = [this, &work, &executor](auto done) {
            job j{std::move(work), std::move(done), asio::make_work_guard(executor)};
            std::unique_lock lock{guard};
            if (queue.size() >= how.most_waiting)
            {
                lock.unlock();
                return j.finish(std::unexpected{too_busy()});
            }
            queue.push_back(std::move(j));
            lock.unlock();
            news.notify_one();
        };
        co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(outcome)>(std::move(start),
                                                                                              asio::use_awaitable);
    }
};

password_pool::password_pool(const settings& s)
    : state_{std::make_unique<state>(s)}, nobody_{hash_password("nobody", s.cost)}
{
    for (unsigned i = 0; i < s.threads; ++i)
        state_->threads.emplace_back([st = state_.get()](std::stop_token stop) { st->serve(stop); });
}

password_pool::~password_pool()
{
    for (auto& t : state_->threads) t.request_stop();
    state_->threads.clear();
    for (auto& j : state_->queue) j.finish(std::unexpected{too_busy()});
}

task<result<std::string>> password_pool::hash(std::string password)
{
    co_return co_await state_->run(
        [password = std::move(password), cost = state_->how.cost] { return hash_password(password, cost); });
}

task<result<bool>> password_pool::verify(std::string password, std::string phc)
{
    auto checked = co_await state_->run([password = std::move(password), phc = std::move(phc)] {
        return std::string{verify_password(password, phc) ? "yes" : ""};
    });
    if (!checked) co_return std::unexpected{std::move(checked.error())};
    co_return !checked->empty();
}

task<result<bool>> password_pool::verify_nobody(std::string password)
{
    auto checked = co_await verify(std::move(password), nobody_);
    if (!checked) co_return std::unexpected{std::move(checked.error())};
    co_return false;
}

const argon2_cost& password_pool::cost() const { return state_->how.cost; }

std::size_t password_pool::waiting() const
{
    std::lock_guard lock{state_->guard};
    return state_->queue.size();
}

}  // namespace roost::auth
