#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>

#include "unit/pg_accounts.hpp"

namespace roost::test {
namespace {

using pg::statement;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace boost::asio::experimental::awaitable_operators;

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
        bool slept = false;
        const auto sleeper = [&](const statement& s) -> task<> {
            slept = false;
            slept = (co_await db.one<bool>(s, 2.0)).has_value();
        };
        const auto quick = [&]() -> task<> {
            co_await pause(50ms);
            for (int i = 0; i < 20; ++i) co_await db.one<std::int32_t>(number, i);
            EXPECT_FALSE(slept) << "they waited for it";
        };
        for (const auto& s : {sleep, sleep_apart})
        {
            co_await (sleeper(s) && quick());
            EXPECT_TRUE(slept);
        }
    });
}

}  // namespace
}  // namespace roost::test
