#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <thread>

#include "platform/pg/database.hpp"
#include "unit/pg_fixture.hpp"

namespace roost::test {
namespace {

using pg::statement;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace boost::asio::experimental::awaitable_operators;
namespace asio = boost::asio;

enum class colour
{
    red,
    light_blue,
};
constexpr auto names_of(colour)
{
    using namespace std::literals;
    return std::array{"red"sv, "light_blue"sv};
}

constexpr statement accounts{"t.accounts",
                             "create table account (id int primary key, name text unique, balance bigint not null "
                             "constraint account_balance_positive check (balance >= 0))"};
constexpr statement insert{"t.insert", "insert into account (id, name, balance) values ($1, $2, $3)"};
constexpr statement balance_of{"t.balance_of", "select balance from account where id = $1"};
constexpr statement move{"t.move", "update account set balance = balance + $2 where id = $1"};
constexpr statement count{"t.count", "select count(*) from account"};
constexpr statement number{"t.number", "select $1::int"};
constexpr statement sleep{"t.sleep", "select true from pg_sleep($1)"};
constexpr statement sleep_apart{"t.sleep_apart", "select true from pg_sleep($1)", true};
constexpr statement broken{"t.broken", "select nonsense from nowhere"};
constexpr statement division{"t.division", "select 1 / $1::int"};
constexpr statement pid{"t.pid", "select pg_backend_pid()"};

task<> pause(std::chrono::milliseconds d)
{
    asio::steady_timer timer{co_await asio::this_coro::executor, d};
    co_await timer.async_wait(asio::use_awaitable);
}

class pg_database : public testing::Test
{
protected:
    scratch_database scratch;

    pg::config settings() const
    {
        pg::config c{.url = scratch.url};
        c.constraints = {{"account_balance_positive", {errc::wrong_state, "too poor"}},
                         {"account_name_key", {errc::username_taken}}};
        return c;
    }
};

task<> make_accounts(pg::database& db)
{
    co_await db.run(accounts);
    co_await db.run(insert, 1, "ann", 100);
    co_await db.run(insert, 2, "bob", 100);
}

struct everything
{
    bool flag;
    std::int32_t small;
    std::int64_t large;
    double ratio;
    std::string text;
    std::string fixed;
    user_id id;
    date day;
    instant moment;
    colour shade;
    money price;
    time_zone zone;
    std::optional<std::int32_t> nothing;
    std::optional<std::string> something;
    std::vector<std::string> words;
    std::vector<user_id> ids;
    std::vector<std::int32_t> numbers;
    std::vector<colour> shades;

    static constexpr auto fields = schema::fields(
        schema::field<&everything::flag>("flag"), schema::field<&everything::small>("small"),
        schema::field<&everything::large>("large"), schema::field<&everything::ratio>("ratio"),
        schema::field<&everything::text>("text"), schema::field<&everything::fixed>("fixed"),
        schema::field<&everything::id>("id"), schema::field<&everything::day>("day"),
        schema::field<&everything::moment>("moment"), schema::field<&everything::shade>("shade"),
        schema::field<&everything::price>("price"), schema::field<&everything::zone>("zone"),
        schema::field<&everything::nothing>("nothing"), schema::field<&everything::something>("something"),
        schema::field<&everything::words>("words"), schema::field<&everything::ids>("ids"),
        schema::field<&everything::numbers>("numbers"), schema::field<&everything::shades>("shades"));
};

TEST_F(pg_database, gives_back_every_type_as_it_was_given)
{
    static constexpr statement echo{
        "t.echo",
        "select $1::bool as flag, $2::int as small, $3::bigint as large, $4::float8 as ratio, $5::text as text, "
        "$6::char(8) as fixed, $7::uuid as id, $8::date as day, $9::timestamptz as moment, $10::text as shade, "
        "$11::bigint as price, $12::char(3) as currency, $13::text as zone, $14::int as nothing, "
        "$15::varchar as something, $16::text[] as words, $17::uuid[] as ids, $18::int[] as numbers, "
        "$19::text[] as shades"};
    pg::database db{settings()};
    run([&]() -> task<> {
        const auto id = user_id::make();
        const auto day = *parse_date("1999-12-31");
        const auto moment = *parse_instant("2026-12-24T15:00:00.123456Z");
        const auto text = "ü \"quoted\" \\ {a,b} '; drop table x --\n"s;
        const std::vector<std::string> words{text, "", "null", "a,b"};
        const std::vector<user_id> ids{id, user_id::make()};
        const std::vector<std::int32_t> numbers{-1, 0, 2'147'483'647};
        const std::vector<colour> shades{colour::light_blue, colour::red};
        const auto row = co_await db.one<everything>(
            echo, true, -5, std::int64_t{-9'000'000'000'000'000'000}, 0.1, text, "ab", id, day, moment,
            colour::light_blue, 12'050, *currency::parse("EUR"), *time_zone::parse("Asia/Singapore"),
            std::optional<int>{}, std::optional{"yes"s}, words, ids, numbers, shades);
        EXPECT_TRUE(row->flag);
        EXPECT_EQ(row->small, -5);
        EXPECT_EQ(row->large, -9'000'000'000'000'000'000);
        EXPECT_EQ(row->ratio, 0.1);
        EXPECT_EQ(row->text, text);
        EXPECT_EQ(row->fixed, "ab");
        EXPECT_EQ(row->id, id);
        EXPECT_EQ(row->day, day);
        EXPECT_EQ(row->moment, moment);
        EXPECT_EQ(row->shade, colour::light_blue);
        EXPECT_EQ(row->price, (money{12'050, *currency::parse("EUR")}));
        EXPECT_EQ(row->zone.name(), "Asia/Singapore");
        EXPECT_FALSE(row->nothing);
        EXPECT_EQ(row->something, "yes");
        EXPECT_EQ(row->words, words);
        EXPECT_EQ(row->ids, ids);
        EXPECT_EQ(row->numbers, numbers);
        EXPECT_EQ(row->shades, shades);
    });
}

TEST_F(pg_database, reads_scalars_counts_and_nothing)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await make_accounts(db);
        EXPECT_EQ(co_await db.one<std::int64_t>(count), 2);
        EXPECT_EQ(co_await db.one<std::int64_t>(balance_of, 3), std::nullopt);
        EXPECT_EQ(co_await db.run(move, 1, 5), 1);
        EXPECT_EQ(co_await db.run(move, 3, 5), 0);
        static constexpr statement series{"t.series", "select generate_series(1, $1::int)"};
        EXPECT_EQ((co_await db.all<std::int32_t>(series, 3)), (std::vector{1, 2, 3}));
        static constexpr statement maximum{"t.maximum", "select max(balance) from account where id = $1"};
        EXPECT_EQ(co_await db.one<std::optional<std::int64_t>>(maximum, 9),
                  std::optional<std::optional<std::int64_t>>{std::in_place});
    });
}

struct address
{
    std::string city;
    std::optional<std::string> street;
    static constexpr auto fields =
        schema::fields(schema::field<&address::city>("city"), schema::field<&address::street>("street"));
};
struct line
{
    std::string what;
    std::int64_t amount;
    static constexpr auto fields =
        schema::fields(schema::field<&line::what>("what"), schema::field<&line::amount>("amount"));
};
struct home
{
    std::string name;
    address place;
    std::optional<address> second;
    std::vector<line> lines;
    static constexpr auto fields =
        schema::fields(schema::field<&home::name>("name"), schema::field<&home::place>("place"),
                       schema::field<&home::second>("second"), schema::field<&home::lines>("lines"));
};

TEST_F(pg_database, flattens_structs_and_reads_json)
{
    static constexpr statement homes{
        "t.homes",
        "select * from (values ('a', 'Paris', null, jsonb_build_object('city', 'Rome'), "
        "'[{\"what\": \"night\", \"amount\": 5}]'::jsonb), ('b', 'Oslo', 'Gate 1', null, '[]'::jsonb)) "
        "as t (name, city, street, second, lines)"};
    pg::database db{settings()};
    run([&]() -> task<> {
        const auto found = co_await db.all<home>(homes);
        EXPECT_EQ(found.at(0).place.city, "Paris");
        EXPECT_FALSE(found.at(0).place.street);
        EXPECT_EQ(found.at(0).second.value().city, "Rome");
        EXPECT_EQ(found.at(0).lines.at(0).amount, 5);
        EXPECT_EQ(found.at(1).place.street, "Gate 1");
        EXPECT_FALSE(found.at(1).second);
        EXPECT_TRUE(found.at(1).lines.empty());
    });
}

struct wrong
{
    std::string nmae;
    static constexpr auto fields = schema::fields(schema::field<&wrong::nmae>("nmae"));
};

TEST_F(pg_database, refuses_rows_that_do_not_fit)
{
    static constexpr statement name{"t.name", "select 'x'::text as name"};
    static constexpr statement null{"t.null", "select null::int"};
    static constexpr statement two{"t.two", "select 1, 2"};
    pg::database db{settings()};
    const auto attempt = [&](auto work) { EXPECT_THROW(run(work), std::logic_error); };
    attempt([&]() -> task<> { co_await db.one<wrong>(name); });
    attempt([&]() -> task<> { co_await db.one<std::int32_t>(null); });
    attempt([&]() -> task<> { co_await db.one<std::int32_t>(two); });
    attempt([&]() -> task<> { co_await db.one<std::string>(number, 1); });
    attempt([&]() -> task<> {
        co_await db.one<std::int32_t>(number, 1);
        co_await db.run({"t.number", "select 2"});
    });
}

TEST_F(pg_database, names_what_was_violated)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await make_accounts(db);
        std::optional<pg::sql_error> seen;
        try
        {
            co_await db.run(insert, 3, "ann", 1);
        }
        catch (const pg::sql_error& e)
        {
            seen = e;
        }
        EXPECT_EQ(seen.value().sqlstate, "23505");
        EXPECT_EQ(seen->constraint, "account_name_key");
        EXPECT_EQ(seen->meaning.value().code, errc::username_taken);
        try
        {
            co_await db.run(insert, 4, "a\0b"s, 1);
        }
        catch (const pg::sql_error& e)
        {
            seen = e;
        }
        EXPECT_EQ(seen->meaning.value().code, errc::invalid_input);
    });
}

TEST_F(pg_database, a_failing_statement_leaves_its_neighbours_alone)
{
    auto c = settings();
    c.pipelined = 1;
    pg::database db{c};
    run([&]() -> task<> {
        const auto here = co_await asio::this_coro::executor;
        int good = 0, bad = 0, left = 300;
        asio::steady_timer all_done{here, asio::steady_timer::time_point::max()};
        for (int i = 0; i < 300; ++i)
            asio::co_spawn(
                here,
                [&, i]() -> task<> {
                    try
                    {
                        if (i % 3 == 0)
                            co_await db.one<std::int32_t>(division, 0);
                        else if (i % 3 == 1)
                            co_await db.run(broken);
                        else if (co_await db.one<std::int32_t>(number, i) == i)
                            ++good;
                    }
                    catch (const pg::sql_error& e)
                    {
                        bad += e.sqlstate == (i % 3 == 0 ? "22012" : "42P01");
                    }
                    if (--left == 0) all_done.cancel();
                },
                asio::detached);
        boost::system::error_code ignored;
        co_await all_done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        EXPECT_EQ(good, 100);
        EXPECT_EQ(bad, 200);
    });
}

TEST_F(pg_database, a_slow_statement_does_not_hold_up_others)
{
    pg::database db{settings()};
    run([&]() -> task<> {
        co_await db.one<std::int32_t>(number, 0);
        const auto quick = [&]() -> task<std::chrono::nanoseconds> {
            co_await pause(50ms);
            const auto from = std::chrono::steady_clock::now();
            for (int i = 0; i < 20; ++i) co_await db.one<std::int32_t>(number, i);
            co_return std::chrono::steady_clock::now() - from;
        };
        for (const auto& s : {sleep, sleep_apart})
        {
            const auto [slept, took] = co_await (db.one<bool>(s, 1.0) && quick());
            EXPECT_TRUE(slept);
            EXPECT_LT(took, 900ms);
        }
    });
}

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
        const auto from = std::chrono::steady_clock::now();
        const auto cut = co_await (db.one<bool>(sleep, 0.5) || pause(50ms));
        EXPECT_EQ(cut.index(), 1u);
        EXPECT_LT(std::chrono::steady_clock::now() - from, 400ms) << "it waited for the answer";
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
        const auto impatient = [&]() -> task<std::chrono::nanoseconds> {
            const auto from = std::chrono::steady_clock::now();
            const auto cut = co_await (db.one<bool>(sleep_apart, 0.0) || pause(50ms));
            EXPECT_EQ(cut.index(), 1u);
            co_return std::chrono::steady_clock::now() - from;
        };
        const auto [slept, took] = co_await (db.one<bool>(sleep_apart, 0.6) && impatient());
        EXPECT_LT(took, 500ms);
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
