#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/operations.hpp"
#include "platform/observe/log.hpp"

namespace roost::app {
namespace {

/// What a test has a worker do: to write a note, as late, as badly and as often as it says. The test makes the table.
struct note
{
    std::string text = "";
    std::int32_t hold_ms = 0;
    bool together = true;  // with the job's end in one transaction
    bool broken = false;

    static constexpr auto fields =
        schema::fields(schema::field<&note::text>("text"), schema::field<&note::hold_ms>("hold_ms", schema::defaulted),
                       schema::field<&note::together>("together", schema::defaulted),
                       schema::field<&note::broken>("broken", schema::defaulted));
};

constexpr jobs::kind<note> write_note{"test.note"};
constexpr jobs::kind<note> write_fragile_note{"test.fragile", 5, 3};
constexpr jobs::kind<jobs::nothing> tick{"test.tick"};
constexpr pg::statement insert_note{"test.insert_note", "insert into test_note (text, try) values ($1, $2)"};

task<result<void>> write(pg::database& db, jobs::attempt& a, note n)
{
    boost::asio::steady_timer hold{co_await boost::asio::this_coro::executor, std::chrono::milliseconds{n.hold_ms}};
    co_await hold.async_wait(boost::asio::use_awaitable);
    if (n.broken) co_return fail(errc::unavailable, "broken as asked");
    co_return co_await db.transaction([&](pg::tx& tx) -> task<result<void>> {
        tx.queue(insert_note, n.text, std::int32_t{a.number()});
        if (n.together) co_await a.complete_in(tx);
        co_return result<void>{};
    });
}

}  // namespace

void install_test_jobs(jobs::worker& w, pg::database& db)
{
    log::warn("this process does what jobs of tests say");
    w.on<note>(write_note, [&](jobs::attempt& a, note n) { return write(db, a, std::move(n)); });
    w.on<note>(write_fragile_note, [&](jobs::attempt& a, note n) { return write(db, a, std::move(n)); });
    w.on<jobs::nothing>(tick, [](jobs::attempt&, jobs::nothing) -> task<result<void>> { co_return result<void>{}; });
    w.every(std::chrono::hours{24}, tick);
}

}  // namespace roost::app
