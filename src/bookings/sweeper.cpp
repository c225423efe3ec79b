#include "bookings/sweeper.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "bookings/store.hpp"
#include "platform/http/idempotency.hpp"
#include "platform/observe/log.hpp"

namespace roost::bookings {
namespace {

constexpr int batch = 200;
constexpr std::chrono::days quotes_kept{7};

}  // namespace

struct sweeper::running
{
    boost::asio::steady_timer timer;
    bool asked_to_end = false;
};

sweeper::sweeper(pg::database& db, const clock& c, std::chrono::milliseconds pause) : db_{db}, clock_{c}, pause_{pause}
{}

sweeper::~sweeper() = default;

void sweeper::attach(boost::asio::io_context& io)
{
    boost::asio::io_context* nobody = nullptr;
    if (!home_.compare_exchange_strong(nobody, &io)) return;
    auto r = std::make_shared<running>(boost::asio::steady_timer{io});
    running_ = r;
    // Nothing gets past run() but what ends the program anyway.
    boost::asio::co_spawn(io, run(std::move(r)), boost::asio::detached);
}

void sweeper::detach(boost::asio::io_context& io)
{
    if (home_ != &io) return;
    const auto r = running_.lock();
    if (!r) return;
    r->asked_to_end = true;
    r->timer.cancel();
}

task<std::int64_t> sweeper::sweep()
{
    const auto now = clock_.now();
    std::int64_t total = 0;
    for (std::int64_t moved = batch; moved == batch; total += moved)
    {
        const auto done = co_await db_.transaction(
            [&](pg::tx& tx) -> task<result<std::int64_t>> { co_return co_await move_due(tx, now, batch); });
        moved = done.value();  // nothing it does is refused
    }
    while (co_await forget_old_quotes(db_, now - quotes_kept, batch) == batch)
    {
    }
    while (co_await http::forget_old_replies(db_, batch) == batch)
    {
    }
    co_return total;
}

task<> sweeper::run(std::shared_ptr<running> r)
{
    while (!r->asked_to_end)
    {
        try
        {
            co_await sweep();
        }
        catch (const pg::unavailable& e)  // said aloud where connections are made; the next round tries again
        {
            log::debug("no sweep without the database", {{"error", e.what()}});
        }
        catch (const std::exception& e)
        {
            log::error("the sweep failed", {{"error", e.what()}});
        }
        if (r->asked_to_end) break;
        r->timer.expires_after(pause_);
        co_await r->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
}

}  // namespace roost::bookings
