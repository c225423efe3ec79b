#include <boost/asio/experimental/awaitable_operators.hpp>

#include "unit/pg_accounts.hpp"

namespace roost::test {
namespace {

using pg::statement;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace boost::asio::experimental::awaitable_operators;

TEST_F(pg_database, transactions_commit_roll_back_and_report)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await make_accounts(db);
        int effects = 0;
        const auto pay = [&](int amount, bool refuse) {
            return db.transaction([&, amount, refuse](pg::tx& tx) -> task<result<std::int64_t>> {
                tx.after_commit([&] { ++effects; });
                tx.queue(move, 1, -amount);
                tx.queue(move, 2, amount);
                const auto left = co_await tx.one<std::int64_t>(balance_of, 1);
                if (refuse) co_return fail(errc::not_allowed);
                co_return *left;
            });
        };
        const auto paid = co_await pay(30, false);
        EXPECT_EQ(paid.value(), 70);
        EXPECT_EQ(effects, 1);

        const auto refused = co_await pay(30, true);
        EXPECT_EQ(refused.error().code, errc::not_allowed);
        const auto poor = co_await pay(1'000, false);
        EXPECT_EQ(poor.error().code, errc::wrong_state);
        EXPECT_EQ(poor.error().detail, "too poor");
        EXPECT_EQ(effects, 1);
        EXPECT_EQ(co_await db.one<std::int64_t>(balance_of, 1), 70);
        EXPECT_EQ(co_await db.one<std::int64_t>(balance_of, 2), 130);
    });
}

TEST_F(pg_database, an_error_that_surfaces_at_commit_is_reported)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await make_accounts(db);
        const auto late = co_await db.transaction([&](pg::tx& tx) -> task<result<int>> {
            tx.queue(move, 1, -1'000);
            co_return 1;
        });
        EXPECT_EQ(late.error().code, errc::wrong_state);

        std::string state;
        try
        {
            co_await db.transaction([&](pg::tx& tx) -> task<result<int>> {
                try
                {
                    co_await tx.run(division, 0);
                }
                catch (const pg::sql_error&)
                {}
                co_return 1;
            });
        }
        catch (const pg::sql_error& e)
        {
            state = e.sqlstate;
        }
        EXPECT_EQ(state, "25P02") << "a transaction that failed inside cannot be reported as done";
    });
}

TEST_F(pg_database, exceptions_and_cancelling_roll_back_and_the_connection_is_clean)
{
    auto c = settings();
    c.exclusive = 1;
    pg::database db{c};
    run([&]() -> task<> {
        co_await make_accounts(db);
        const auto throwing = [](pg::tx& tx) -> task<result<int>> {
            co_await tx.run(move, 1, 50);
            throw std::runtime_error("stop");
        };
        bool thrown = false;
        try
        {
            co_await db.transaction(throwing);
        }
        catch (const std::runtime_error& e)
        {
            thrown = e.what() == "stop"s;
        }
        EXPECT_TRUE(thrown);

        const auto cut = co_await (db.transaction([](pg::tx& tx) -> task<result<int>> {
            tx.queue(move, 1, 50);
            co_await tx.run(sleep, 1.0);
            co_return 1;
        }) || pause(100ms));
        EXPECT_EQ(cut.index(), 1u);

        // The only connection comes back once its sleep and its rollback are over.
        const auto after = co_await db.transaction(
            [](pg::tx& tx) -> task<result<std::int64_t>> { co_return *co_await tx.one<std::int64_t>(balance_of, 1); });
        EXPECT_EQ(after.value(), 100);
    });
}

TEST_F(pg_database, a_cancelled_statement_does_not_mix_up_answers)
{
    auto c = settings();
    c.pipelined = 1;
    pg::database db{c};
    run([&]() -> task<> {
        co_await db.one<std::int32_t>(number, 0);
        bool answered = false;
        const auto slow = [&]() -> task<> { answered = (co_await db.one<bool>(sleep, 2.0)).has_value(); };
        const auto cut = co_await (slow() || pause(50ms));
        EXPECT_EQ(cut.index(), 1u);
        EXPECT_FALSE(answered) << "it waited for the answer";
        for (int i = 0; i < 10; ++i) EXPECT_EQ(co_await db.one<std::int32_t>(number, i), i);
    });
}

TEST_F(pg_database, session_settings_do_not_reach_the_next_user)
{
    static constexpr statement set{"t.set", "set work_mem = '77MB'"};
    static constexpr statement shown{"t.shown", "select current_setting('work_mem')"};
    auto c = settings();
    c.exclusive = 1;
    pg::database db{c};
    run([&]() -> task<> {
        const auto dirty = co_await db.transaction([](pg::tx& tx) -> task<result<std::string>> {
            co_await tx.run(set);
            co_return *co_await tx.one<std::string>(shown);
        });
        EXPECT_EQ(dirty.value(), "77MB");
        const auto next = co_await db.transaction(
            [](pg::tx& tx) -> task<result<std::string>> { co_return *co_await tx.one<std::string>(shown); });
        EXPECT_NE(next.value(), "77MB");
    });
}

TEST_F(pg_database, serialization_failures_are_tried_again)
{
    auto c = settings();
    c.retries = 20;
    pg::database db{c};
    run([&]() -> task<> {
        co_await make_accounts(db);
        int attempts = 0;
        const auto add = [&]() -> task<> {
            for (int i = 0; i < 5; ++i)
            {
                const auto done = co_await db.transaction(
                    [&](pg::tx& tx) -> task<result<int>> {
                        ++attempts;
                        const auto b = co_await tx.one<std::int64_t>(balance_of, 1);
                        co_await pause(2ms);
                        static constexpr statement put{"t.put", "update account set balance = $2 where id = $1"};
                        co_await tx.run(put, 1, *b + 1);
                        co_return 1;
                    },
                    pg::isolation::serializable);
                EXPECT_TRUE(done.has_value());
            }
        };
        co_await (add() && add() && add() && add());
        EXPECT_EQ(co_await db.one<std::int64_t>(balance_of, 1), 120);
        EXPECT_GT(attempts, 20) << "no conflict happened, so nothing was proved";
    });
}

TEST_F(pg_database, deadlocks_are_tried_again)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await make_accounts(db);
        int attempts = 0;
        const auto swap = [&](int first, int second) -> task<> {
            const auto done = co_await db.transaction([&](pg::tx& tx) -> task<result<int>> {
                ++attempts;
                co_await tx.run(move, first, 1);
                co_await pause(100ms);
                co_await tx.run(move, second, 1);
                co_return 1;
            });
            EXPECT_TRUE(done.has_value());
        };
        co_await (swap(1, 2) && swap(2, 1));
        EXPECT_GT(attempts, 2);
        EXPECT_EQ(co_await db.one<std::int64_t>(balance_of, 1), 102);
    });
}

TEST_F(pg_database, too_slow_and_locked_out_are_unavailable)
{
    auto c = settings();
    c.statement = 300ms;
    c.lock = 100ms;
    pg::database db{c};
    run([&]() -> task<> {
        co_await make_accounts(db);
        bool slow = false, locked = false;
        try
        {
            co_await db.run(sleep, 5.0);
        }
        catch (const pg::unavailable&)
        {
            slow = true;
        }
        EXPECT_TRUE(slow);
        const auto held = co_await db.transaction([&](pg::tx& tx) -> task<result<int>> {
            co_await tx.run(move, 1, 1);
            try
            {
                co_await db.run(move, 1, 1);
            }
            catch (const pg::lock_timeout&)
            {
                locked = true;
            }
            co_return 1;
        });
        EXPECT_TRUE(held.has_value() && locked);
    });
}

}  // namespace
}  // namespace roost::test
