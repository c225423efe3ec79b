#include "bookings/sweeper.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "bookings/store.hpp"
#include "platform/observe/log.hpp"

namespace roost::bookings {
namespace {

constexpr int batch = 200;
constexpr std::chrono::days quotes_kept{7};

}  // namespace

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
    co_return total;
}

task<> sweeper::run(std::chrono::milliseconds pause)
{
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
    for (;;)
    {
        try
        {
            co_await sweep();
        }
        catch (const pg::unavailable&)  // it is logged where connections are made
        {}
        catch (const pg::sql_error& e)
        {
            log::error("the sweep failed", {{"sqlstate", e.sqlstate}, {"error", e.what()}});
        }
        timer.expires_after(pause);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

}  // namespace roost::bookings
