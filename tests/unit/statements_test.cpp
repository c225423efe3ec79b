#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <set>

#include "all_queries.hpp"
#include "platform/pg/migrate.hpp"
#include "unit/pg_fixture.hpp"

using namespace roost;

TEST(statements, are_all_understood_by_the_migrated_schema)
{
    const test::scratch_database db;
    pg::migrate_up(db.url, [](const std::string&) {});
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection{PQconnectdb(db.url.c_str()), PQfinish};
    ASSERT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());

    std::set<std::string_view> names;
    for (const auto feature : every_statement)
    {
        for (const auto& s : feature)
        {
            EXPECT_TRUE(names.insert(s.name).second) << s.name << " is there twice";
            const std::unique_ptr<PGresult, decltype(&PQclear)> prepared{
                PQprepare(connection.get(), std::string{s.name}.c_str(), std::string{s.sql}.c_str(), 0, nullptr),
                PQclear};
            EXPECT_EQ(PQresultStatus(prepared.get()), PGRES_COMMAND_OK)
                << s.name << ": " << PQresultErrorMessage(prepared.get());
        }
    }
    EXPECT_GT(names.size(), 20u);
}
