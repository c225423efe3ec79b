#pragma once
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <exception>
#include <format>
#include <memory>
#include <stdexcept>
#include <string>

#include "platform/pg/database.hpp"

namespace roost::test {

/// The server to make databases on. Fails, not skips: a suite that silently leaves PostgreSQL out proves nothing.
inline std::string server_url()
{
    const char* const url = std::getenv("ROOST_TEST_PG");
    if (!url) throw std::runtime_error("ROOST_TEST_PG must name a PostgreSQL superuser's URL (./dev test sets it)");
    return url;
}

/// The same connection with some of its words replaced, in libpq's key=value form.
inline std::string with(const std::string& url, const std::map<std::string, std::string>& words)
{
    char* fault = nullptr;
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> parsed{PQconninfoParse(url.c_str(), &fault),
                                                                                PQconninfoFree};
    if (!parsed) throw std::runtime_error(fault);
    std::string out;
    for (const auto* o = parsed.get(); o->keyword; ++o)
    {
        const auto it = words.find(o->keyword);
        if (it != words.end())
            out += std::format("{}='{}' ", o->keyword, it->second);
        else if (o->val)
            out += std::format("{}='{}' ", o->keyword, o->val);
    }
    return out;
}

/// Runs simple SQL over a connection of its own; the first column of the first row.
inline std::string sql(const std::string& url, const std::string& text)
{
    const std::unique_ptr<PGconn, void (*)(PGconn*)> c{PQconnectdb(url.c_str()), PQfinish};
    const std::unique_ptr<PGresult, void (*)(PGresult*)> r{PQexec(c.get(), text.c_str()), PQclear};
    if (PQresultStatus(r.get()) != PGRES_COMMAND_OK && PQresultStatus(r.get()) != PGRES_TUPLES_OK)
        throw std::runtime_error(PQerrorMessage(c.get()));
    return PQntuples(r.get()) > 0 ? PQgetvalue(r.get(), 0, 0) : "";
}

/// An empty database that goes away with this object.
class scratch_database
{
    std::string name_;

public:
    std::string url;

    scratch_database() : name_{"pg_test_" + uuid::v7().text()}
    {
        sql(server_url(), std::format("create database \"{}\"", name_));
        url = with(server_url(), {{"dbname", name_}});
    }
    ~scratch_database()
    {
        try
        {
            sql(server_url(), std::format("drop database \"{}\" with (force)", name_));
        }
        catch (const std::exception& e)
        {
            ADD_FAILURE() << e.what();
        }
    }
    scratch_database(const scratch_database&) = delete;
};

/// Runs a coroutine to its end on a loop of its own, for at most 30 s, and gives what it threw.
template <class F>
void run(F work)
{
    boost::asio::io_context loop;
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(loop, work(), [&](std::exception_ptr e) {
        thrown = e;
        done = true;
        loop.stop();
    });
    loop.run_for(std::chrono::seconds{30});
    if (!done) throw std::runtime_error("the test did not end within 30 s");
    if (thrown) std::rethrow_exception(thrown);
}

}  // namespace roost::test
