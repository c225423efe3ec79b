#pragma once
#include "platform/pg/database.hpp"
#include "unit/pause.hpp"
#include "unit/pg_fixture.hpp"

/// Accounts with balances in a database of the test's own, and statements that do what the tests need done to them.
namespace roost::test {

namespace asio = boost::asio;

inline constexpr pg::statement accounts{
    "t.accounts",
    "create table account (id int primary key, name text unique, balance bigint not null "
    "constraint account_balance_positive check (balance >= 0))"};
inline constexpr pg::statement insert{"t.insert", "insert into account (id, name, balance) values ($1, $2, $3)"};
inline constexpr pg::statement balance_of{"t.balance_of", "select balance from account where id = $1"};
inline constexpr pg::statement move{"t.move", "update account set balance = balance + $2 where id = $1"};
inline constexpr pg::statement count{"t.count", "select count(*) from account"};
inline constexpr pg::statement number{"t.number", "select $1::int"};
inline constexpr pg::statement sleep{"t.sleep", "select true from pg_sleep($1)"};
inline constexpr pg::statement sleep_apart{"t.sleep_apart", "select true from pg_sleep($1)", true};
inline constexpr pg::statement broken{"t.broken", "select nonsense from nowhere"};
inline constexpr pg::statement division{"t.division", "select 1 / $1::int"};
inline constexpr pg::statement pid{"t.pid", "select pg_backend_pid()"};

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

inline task<> make_accounts(pg::database& db)
{
    co_await db.run(accounts);
    co_await db.run(insert, 1, "ann", 100);
    co_await db.run(insert, 2, "bob", 100);
}

}  // namespace roost::test
