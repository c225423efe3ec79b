#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <thread>

#include "unit/pg_accounts.hpp"

namespace roost::test {
namespace {

using pg::statement;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;

TEST_F(pg_database, waiting_for_a_connection_is_bounded)
{
    auto c = settings();
    c.exclusive = 1;
    c.wait = 200ms;
    c.most_waiting = 1;
    pg::database db{c};
    run([&]() -> task<> {
        const auto use = [&]() -> task<std::string> {
            try
            {
                co_await db.one<bool>(sleep_apart, 0.8);
                co_return "done";
            }
            catch (const pg::unavailable& e)
            {
                co_return e.what();
            }
        };
        co_await db.one<bool>(sleep_apart, 0.0);
        const auto [first, second, third] = co_await (use() && use() && use());
        EXPECT_EQ(first, "done");
        EXPECT_EQ(second, "no PostgreSQL connection came free in time");
        EXPECT_EQ(third, "too many wait for a PostgreSQL connection");
    });
}

TEST_F(pg_database, waiting_for_a_connection_can_be_cancelled)
{
    auto c = settings();
    c.exclusive = 1;
    pg::database db{c};
    run([&]() -> task<> {
        co_await db.one<bool>(sleep_apart, 0.0);
        bool slept = false;
        const auto sleeper = [&]() -> task<> { slept = (co_await db.one<bool>(sleep_apart, 2.0)).has_value(); };
        const auto impatient = [&]() -> task<> {
            const auto cut = co_await (db.one<bool>(sleep_apart, 0.0) || pause(50ms));
            EXPECT_EQ(cut.index(), 1u);
            EXPECT_FALSE(slept) << "it waited for the connection";
        };
        co_await (sleeper() && impatient());
        EXPECT_TRUE(slept);
        EXPECT_TRUE(co_await db.one<bool>(sleep_apart, 0.0)) << "nobody holds the connection";
    });
}

TEST_F(pg_database, terminated_transactions_run_again)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await make_accounts(db);
        int attempts = 0;
        const auto done = co_await db.transaction([&](pg::tx& tx) -> task<result<int>> {
            const auto own = co_await tx.one<std::int32_t>(pid);
            co_await tx.run(move, 1, 1);
            if (++attempts == 1) sql(scratch.url, std::format("select pg_terminate_backend({})", *own));
            co_await tx.run(move, 2, 1);
            co_return 1;
        });
        EXPECT_TRUE(done.has_value());
        EXPECT_EQ(attempts, 2);
        EXPECT_EQ(co_await db.one<std::int64_t>(balance_of, 1), 101);
    });
}

TEST_F(pg_database, outlives_a_schema_change_under_prepared_statements)
{
    static constexpr statement star{"t.star", "select * from shape"};
    pg::database db{settings()};
    run([&]() -> task<> {
        sql(scratch.url, "create table shape (a int); insert into shape values (1)");
        EXPECT_EQ(co_await db.one<std::int32_t>(star), 1);
        sql(scratch.url, "alter table shape alter a type bigint");
        for (int i = 0; i < 10; ++i) EXPECT_EQ(co_await db.one<std::int64_t>(star), 1);
    });
}

TEST_F(pg_database, copies_rows_in)
{
    static constexpr statement in{"t.in", "copy account (id, name, balance) from stdin"};
    static constexpr statement wrong{"t.wrong", "copy nowhere from stdin"};
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await make_accounts(db);
        const auto copy_from = [&](int from, int to, statement s) {
            return db.transaction([=](pg::tx& tx) -> task<result<std::int64_t>> {
                int next = from;
                co_return co_await tx.copy(s, [&](std::string& chunk) {
                    for (int i = 0; i < 100 && next < to; ++i, ++next)
                    {
                        pg::params row;
                        row.add(next);
                        if (next % 2 == 0)
                            row.add(std::format("tab\t line\n back\\ {}", next));
                        else
                            row.add(std::nullopt);
                        row.add(next);
                        append_copy(chunk, row);
                    }
                    return !chunk.empty();
                });
            });
        };
        const auto copied = co_await copy_from(10, 50'010, in);
        EXPECT_EQ(copied.value(), 50'000);
        EXPECT_EQ(co_await db.one<std::int64_t>(count), 50'002);
        static constexpr statement name_of{"t.name_of", "select name from account where id = $1"};
        EXPECT_EQ(co_await db.one<std::string>(name_of, 12), "tab\t line\n back\\ 12");

        std::string state;
        try
        {
            co_await copy_from(5, 15, in);
        }
        catch (const pg::sql_error& e)
        {
            state = e.sqlstate;
        }
        EXPECT_EQ(state, "23505");
        try
        {
            co_await copy_from(5, 15, wrong);
        }
        catch (const pg::sql_error& e)
        {
            state = e.sqlstate;
        }
        EXPECT_EQ(state, "42P01");
        EXPECT_EQ(co_await db.one<std::int64_t>(count), 50'002);
    });
}

TEST_F(pg_database, a_copy_given_up_half_way_leaves_no_rows_and_no_stuck_connection)
{
    static constexpr statement in{"t.in", "copy account (id, name, balance) from stdin"};
    auto c = settings();
    c.exclusive = 1;
    pg::database db{c};
    run([&]() -> task<> {
        co_await make_accounts(db);
        std::string thrown;
        try
        {
            co_await db.transaction([](pg::tx& tx) -> task<result<std::int64_t>> {
                int next = 10;
                co_return co_await tx.copy(in, [&](std::string& chunk) {
                    if (next == 5'000) throw std::runtime_error("the file is torn");
                    chunk = std::format("{}\t\\N\t1\n", next++);
                    return true;
                });
            });
        }
        catch (const std::runtime_error& e)
        {
            thrown = e.what();
        }
        EXPECT_EQ(thrown, "the file is torn");
        const auto left = co_await db.transaction(
            [](pg::tx& tx) -> task<result<std::int64_t>> { co_return *co_await tx.one<std::int64_t>(count); });
        EXPECT_EQ(left.value(), 2);
    });
}

TEST_F(pg_database, threads_share_the_database_and_no_connection)
{
    pg::database db{settings()};
    run([&]() -> task<> { co_await make_accounts(db); });
    const auto work = [&db] {
        run([&]() -> task<> {
            for (int i = 0; i < 50; ++i)
            {
                EXPECT_EQ(co_await db.one<std::int32_t>(number, i), i);
                const auto moved = co_await db.transaction(
                    [](pg::tx& tx) -> task<result<std::int64_t>> { co_return co_await tx.run(move, 1, 1); });
                EXPECT_EQ(moved.value(), 1);
                EXPECT_GE(db.now().open, 0);
            }
        });
    };
    {
        const std::jthread one{work}, two{work}, three{work};
    }
    EXPECT_EQ(sql(scratch.url, "select balance from account where id = 1"), "250");
}

TEST_F(pg_database, tells_its_observer)
{
    struct counting final : pg::observer
    {
        int good = 0, bad = 0, waits = 0;
        void ran(std::string_view name, std::chrono::nanoseconds took, std::string_view sqlstate) override
        {
            if (!name.starts_with("t.") || took.count() <= 0) return;
            (sqlstate.empty() ? good : bad) += 1;
        }
        void waited(std::chrono::nanoseconds) override { ++waits; }
    };
    const auto watch = std::make_shared<counting>();
    auto c = settings();
    c.watch = watch;
    pg::database db{c};
    run([&]() -> task<> {
        co_await db.one<std::int32_t>(number, 1);
        co_await db.one<bool>(sleep_apart, 0.1);
        try
        {
            co_await db.run(division, 0);
        }
        catch (const pg::sql_error&)
        {}
        EXPECT_EQ(watch->good, 2);
        EXPECT_EQ(watch->bad, 1);
        EXPECT_EQ(watch->waits, 1);
        EXPECT_GE(db.now().open, 1);
    });
}

TEST_F(pg_database, may_end_in_the_middle_of_everything)
{
    pg::database db{settings()};
    {
        asio::io_context loop;
        for (int i = 0; i < 20; ++i)
            asio::co_spawn(
                loop,
                [&db, i]() -> task<> {
                    if (i % 2 == 0) co_await db.run(sleep, 10.0);
                    co_await db.transaction([](pg::tx& tx) -> task<result<int>> {
                        tx.queue(number, 1);
                        co_await tx.run(sleep, 10.0);
                        co_return 1;
                    });
                },
                asio::detached);
        loop.run_for(300ms);
    }
    run([&]() -> task<> { EXPECT_EQ(co_await db.one<std::int32_t>(number, 1), 1); });
}

TEST_F(pg_database, disconnecting_lets_the_loop_end)
{
    pg::database db{settings()};
    asio::io_context loop;
    asio::co_spawn(
        loop,
        [&]() -> task<> {
            co_await db.one<std::int32_t>(number, 1);
            co_await db.transaction(
                [](pg::tx& tx) -> task<result<int>> { co_return *co_await tx.one<std::int32_t>(number, 1); });
            db.disconnect(loop);
        },
        asio::detached);
    loop.run_for(5s);
    EXPECT_TRUE(loop.stopped());
}

}  // namespace
}  // namespace roost::test
