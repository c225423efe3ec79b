#include "app/database_time.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "platform/observe/log.hpp"
#include "platform/pg/run.hpp"

namespace roost::app {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
namespace asio = boost::asio;

constexpr auto every = 5s;
/// Machines that keep their clocks differ by less, and so does an answer's way; a correction must not flutter.
constexpr microseconds tolerated = 500ms;

constexpr pg::statement time_there{"app.time", "select clock_timestamp()"};

/// By how much this machine is behind the database, give or take half of the answer's way.
task<std::optional<microseconds>> measure(pg::database& db)
{
    const auto asked = std::chrono::steady_clock::now();
    const auto there = co_await db.one<instant>(time_there);
    const auto way = std::chrono::steady_clock::now() - asked;
    if (!there || way > tolerated) co_return std::nullopt;
    const auto here = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
    co_return *there - here + std::chrono::floor<microseconds>(way / 2);
}

task<bool> compare(pg::database& db, clock& c)
{
    std::optional<microseconds> behind;
    try
    {
        behind = co_await measure(db);
    }
    catch (const pg::unavailable&)
    {}
    if (!behind || std::chrono::abs(*behind - c.correction()) <= tolerated) co_return behind.has_value();
    const bool agree = std::chrono::abs(*behind) <= tolerated;
    c.correct_by(agree ? 0us : *behind);
    if (agree)
        log::info("this machine's clock agrees with the database's again");
    else
        log::warn("this machine's clock is wrong: times are taken from the database",
                  {{"behind_seconds", std::chrono::duration<double>(*behind).count()}});
    co_return true;
}

}  // namespace

struct database_time::keeper
{
    pg::database& db;
    clock& kept;
    asio::steady_timer timer;
    bool stopped = false;

    static task<> keep(std::shared_ptr<keeper> self)
    {
        while (!self->stopped)
        {
            co_await compare(self->db, self->kept);
            self->timer.expires_after(every);
            co_await self->timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
};

void database_time::compare_now() { pg::run(db_, compare(db_, clock_)); }

void database_time::start(asio::io_context& on)
{
    keeper_ = std::make_shared<keeper>(db_, clock_, asio::steady_timer{on});
    asio::co_spawn(on, keeper::keep(keeper_), [](std::exception_ptr) {});
}

void database_time::stop()
{
    if (!keeper_) return;
    keeper_->stopped = true;
    keeper_->timer.cancel();
    keeper_.reset();
}

}  // namespace roost::app
