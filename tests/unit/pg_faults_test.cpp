#include <boost/asio/experimental/awaitable_operators.hpp>

#include "platform/pg/listener.hpp"
#include "unit/pg_proxy.hpp"

namespace roost::test {
namespace {

using pg::statement;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
namespace asio = boost::asio;

constexpr statement number{"t.number", "select $1::int"};
constexpr statement sleep{"t.sleep", "select true from pg_sleep($1)"};
constexpr statement insert{"t.insert", "insert into thing (id) values ($1)"};
constexpr statement count{"t.count", "select count(*) from thing"};
constexpr statement notify{"t.notify", "select true from pg_notify($1, $2)"};

task<> pause(std::chrono::milliseconds d)
{
    asio::steady_timer timer{co_await asio::this_coro::executor, d};
    co_await timer.async_wait(asio::use_awaitable);
}

class pg_faults : public testing::Test
{
protected:
    scratch_database scratch;
    faulty_proxy proxy{scratch.url};

    pg_faults() { sql(scratch.url, "create table thing (id int primary key)"); }

    pg::config settings() const
    {
        pg::config c{.url = proxy.url};
        c.wait = 500ms;
        c.connect = 500ms;
        c.statement = 500ms;
        return c;
    }

    /// "ok", or what kind of trouble.
    static task<std::string> outcome(task<std::optional<std::int32_t>> work)
    {
        try
        {
            co_return co_await std::move(work) ? "ok" : "no row";
        }
        catch (const pg::outcome_unknown&)
        {
            co_return "outcome unknown";
        }
        catch (const pg::unavailable&)
        {
            co_return "unavailable";
        }
    }

    static task<> until_it_answers(pg::database& db)
    {
        for (int i = 0; i < 100; ++i)
        {
            if (co_await outcome(db.one<std::int32_t>(number, 1)) == "ok") co_return;
            co_await pause(20ms);
        }
        ADD_FAILURE() << "the pool did not heal";
    }
};

TEST_F(pg_faults, a_broken_connection_is_replaced_at_once)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        for (int round = 0; round < 5; ++round)
        {
            EXPECT_EQ(co_await outcome(db.one<std::int32_t>(number, 1)), "ok");
            proxy.crash(false);
            co_await pause(100ms);
        }
        EXPECT_EQ(co_await outcome(db.one<std::int32_t>(number, 1)), "ok");
    });
}

TEST_F(pg_faults, what_was_on_its_way_is_unknown_and_what_waits_is_unavailable)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        EXPECT_EQ(co_await outcome(db.one<std::int32_t>(number, 1)), "ok");
        const auto crash = [&]() -> task<> {
            co_await pause(50ms);
            proxy.crash(true);
        };
        static constexpr statement slow{"t.slow", "select 1 from pg_sleep(0.3)"};
        const auto on_its_way = co_await (outcome(db.one<std::int32_t>(slow)) && crash());
        EXPECT_EQ(on_its_way, "outcome unknown");
        co_await pause(50ms);  // until every connection has noticed

        EXPECT_EQ(co_await outcome(db.one<std::int32_t>(number, 1)), "unavailable");

        proxy.recover();
        co_await until_it_answers(db);
    });
}

TEST_F(pg_faults, attempts_back_off_while_the_server_is_down)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await until_it_answers(db);
        proxy.crash(true);
        co_await pause(100ms);
        const int before = proxy.accepted();
        co_await pause(2s);
        EXPECT_LE(proxy.accepted() - before, 12);
        proxy.recover();
        co_await until_it_answers(db);
    });
}

TEST_F(pg_faults, a_frozen_server_is_given_up_in_bounded_time)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await until_it_answers(db);
        proxy.freeze(true);  // for good: what waited for an answer without a bound would be cut off by run()
        const auto in_transaction = [&]() -> task<std::optional<std::int32_t>> {
            const auto r = co_await db.transaction(
                [](pg::tx& tx) -> task<result<std::int32_t>> { co_return *co_await tx.one<std::int32_t>(number, 1); });
            co_return r.value();
        };
        const auto [alone, together] = co_await (outcome(db.one<std::int32_t>(number, 1)) && outcome(in_transaction()));
        EXPECT_EQ(alone, "outcome unknown");
        EXPECT_EQ(together, "unavailable");
        proxy.freeze(false);
        co_await until_it_answers(db);
    });
}

TEST_F(pg_faults, a_lost_answer_to_commit_is_neither_success_nor_tried_again)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await until_it_answers(db);
        int attempts = 0, effects = 0;
        const auto work = [&]() -> task<std::optional<std::int32_t>> {
            const auto r = co_await db.transaction([&](pg::tx& tx) -> task<result<std::int32_t>> {
                ++attempts;
                tx.after_commit([&] { ++effects; });
                co_await tx.run(insert, 1);
                proxy.swallow_next_commit();
                co_return 1;
            });
            co_return r.value();
        };
        EXPECT_EQ(co_await outcome(work()), "outcome unknown");
        EXPECT_EQ(attempts, 1);
        EXPECT_EQ(effects, 0);
        EXPECT_EQ(sql(scratch.url, "select count(*) from thing"), "1") << "the server had done it";
    });
}

TEST_F(pg_faults, a_transaction_broken_before_its_commit_runs_again)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        int attempts = 0;
        const auto r = co_await db.transaction([&](pg::tx& tx) -> task<result<int>> {
            co_await tx.run(insert, 1);
            if (++attempts == 1)
            {
                proxy.crash(false);
                co_await pause(50ms);
            }
            tx.queue(insert, 2);
            co_return 1;
        });
        EXPECT_TRUE(r.has_value());
        EXPECT_EQ(attempts, 2);
        EXPECT_EQ(sql(scratch.url, "select count(*) from thing"), "2");
    });
}

TEST_F(pg_faults, acknowledged_transactions_are_there_exactly_once_whatever_breaks)
{
    auto c = settings();
    c.exclusive = 4;
    pg::database db{c};
    run([&]() -> task<> {
        int next = 0, left = 8;
        std::vector<int> acknowledged, refused;
        bool stop = false;
        const auto here = co_await asio::this_coro::executor;
        const auto writer = [&]() -> task<> {
            while (!stop)
            {
                const int id = next++;
                try
                {
                    const auto r = co_await db.transaction([&db, id](pg::tx& tx) -> task<result<int>> {
                        tx.queue(insert, id);
                        co_await tx.one<std::int64_t>(count);
                        co_return 1;
                    });
                    if (r) acknowledged.push_back(id);
                }
                catch (const pg::outcome_unknown&)
                {}
                catch (const pg::unavailable&)
                {
                    refused.push_back(id);
                }
            }
            --left;
        };
        for (int i = 0; i < 8; ++i) asio::co_spawn(here, writer(), asio::detached);
        for (int i = 0; i < 20; ++i)
        {
            // On a busy machine a break would come before anything was acknowledged again.
            const auto before = acknowledged.size();
            for (int k = 0; k < 10 || (k < 100 && acknowledged.size() < before + 6); ++k) co_await pause(10ms);
            proxy.crash(i % 4 == 0);
            if (i % 4 == 0) co_await pause(50ms);
            proxy.recover();
        }
        stop = true;
        while (left > 0) co_await pause(10ms);
        EXPECT_GT(acknowledged.size(), 100u);
        const auto kept = [&](const std::vector<int>& ids) {
            std::string list = "-1";
            for (const int id : ids) list += std::format(",{}", id);
            return sql(scratch.url, std::format("select count(*) from thing where id in ({})", list));
        };
        EXPECT_EQ(kept(acknowledged), std::to_string(acknowledged.size()));
        EXPECT_EQ(kept(refused), "0");
    });
}

TEST_F(pg_faults, a_wrong_url_is_said_at_once_and_a_missing_database_is_unavailable)
{
    EXPECT_THROW(pg::database{pg::config{.url = "postgresql://[::1"}}, std::invalid_argument);
    auto c = settings();
    c.url = with(scratch.url, {{"dbname", "no_such_database"}});
    pg::database db{c};
    run([&]() -> task<> { EXPECT_EQ(co_await outcome(db.one<std::int32_t>(number, 1)), "unavailable"); });
}

TEST_F(pg_faults, a_listener_hears_says_gap_and_comes_back)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        asio::io_context& loop =
            static_cast<asio::io_context&>(asio::query(co_await asio::this_coro::executor, asio::execution::context));
        pg::listener ears{loop, settings(), {"news", "a \"quoted\" one"}};
        EXPECT_TRUE((co_await ears.next()).gap);
        const auto rolled_back = co_await db.transaction([](pg::tx& tx) -> task<result<int>> {
            co_await tx.run(notify, "news", "never");
            co_return fail(errc::not_allowed);
        });
        EXPECT_FALSE(rolled_back);
        co_await db.run(notify, "news", "first");
        co_await db.run(notify, "a \"quoted\" one", "second");
        const auto first = co_await ears.next();
        EXPECT_EQ(first.payload, "first");
        EXPECT_FALSE(first.gap);
        EXPECT_EQ((co_await ears.next()).channel, "a \"quoted\" one");

        proxy.crash(false);
        EXPECT_TRUE((co_await ears.next()).gap);
        co_await until_it_answers(db);
        co_await db.run(notify, "news", "third");
        EXPECT_EQ((co_await ears.next()).payload, "third");
        const auto cut = co_await (ears.next() || pause(50ms));
        EXPECT_EQ(cut.index(), 1u);
    });
}

TEST_F(pg_faults, a_listener_notices_a_frozen_server)
{
    run([&]() -> task<> {
        asio::io_context& loop =
            static_cast<asio::io_context&>(asio::query(co_await asio::this_coro::executor, asio::execution::context));
        pg::listener ears{loop, settings(), {"news"}};
        EXPECT_TRUE((co_await ears.next()).gap);
        proxy.freeze(true);
        co_await pause(5s);
        proxy.freeze(false);
        EXPECT_TRUE((co_await ears.next()).gap);
    });
}

}  // namespace
}  // namespace roost::test
