#include <atomic>
#include <thread>

#include "platform/pg/migrate.hpp"
#include "unit/pg_fixture.hpp"

namespace roost::test {
namespace {

using pg::migration;

constexpr migration first{1, "0001_first", "create table a (id int); insert into a values (1);"};
constexpr migration second{2, "0002_second", "alter table a add b text;\ncreate index a_b on a (b);\n"};
constexpr migration alone{3, "0003_alone",
                          "-- no-transaction\ndrop index concurrently if exists a_id;\n"
                          "create index concurrently a_id on a (id);\n"};
constexpr migration wrong{4, "0004_wrong", "create table half (id int); select nonsense;"};

void quiet(const std::string&) {}

/// Equal for equal tables, columns, constraints, indexes, triggers and functions.
std::string schema_digest(const std::string& url)
{
    return sql(url, R"(
        with ours as (
            select c.oid, c.relname from pg_class c
            where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
              and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e'))
        select md5(coalesce(string_agg(line, E'\n' order by line), '')) from (
            select format('column %s.%s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull,
                          pg_get_expr(adbin, adrelid)) as line
            from ours join pg_attribute on attrelid = ours.oid and attnum > 0 and not attisdropped
            left join pg_attrdef on adrelid = attrelid and adnum = attnum
            union all
            select format('constraint %s %s %s', relname, conname, pg_get_constraintdef(k.oid))
            from ours join pg_constraint k on conrelid = ours.oid
            union all
            select pg_get_indexdef(indexrelid) from ours join pg_index on indrelid = ours.oid
            union all
            select pg_get_triggerdef(t.oid) from ours join pg_trigger t on tgrelid = ours.oid and not tgisinternal
            union all
            select pg_get_functiondef(p.oid) from pg_proc p
            where p.pronamespace = current_schema()::regnamespace and p.prokind in ('f', 'p')
              and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')) as lines)");
}

class pg_migrate : public testing::Test
{
protected:
    scratch_database scratch;
};

TEST_F(pg_migrate, applies_each_once_in_order)
{
    const migration two[] = {first, second};
    const migration three[] = {first, second, alone};
    EXPECT_EQ(pg::migrate_verify(scratch.url, two).size(), 2u);
    EXPECT_EQ(pg::migrate_up(scratch.url, quiet, two), 2);
    EXPECT_EQ(pg::migrate_up(scratch.url, quiet, three), 1);
    EXPECT_EQ(pg::migrate_up(scratch.url, quiet, three), 0);
    EXPECT_EQ(sql(scratch.url, "select count(*) from a"), "1");
    EXPECT_TRUE(pg::migrate_verify(scratch.url, three).empty());
    const auto status = pg::migrate_status(scratch.url, three);
    EXPECT_EQ(status.at(2).state, pg::migration_status::applied);
    EXPECT_EQ(status.at(2).name, "0003_alone");
    EXPECT_FALSE(status.at(2).applied_at.empty());
}

TEST_F(pg_migrate, reports_drift_and_does_not_build_on_it)
{
    const migration before[] = {first, second};
    pg::migrate_up(scratch.url, quiet, before);
    const migration changed[] = {{1, "0001_first", "create table a (id bigint);"}};
    const auto differences = pg::migrate_verify(scratch.url, changed);
    EXPECT_EQ(differences, (std::vector<std::string>{"0001_first was applied with other contents",
                                                     "0002_second was applied by a newer release"}));
    EXPECT_THROW(pg::migrate_up(scratch.url, quiet, changed), std::runtime_error);
}

TEST_F(pg_migrate, leaves_nothing_of_one_that_failed)
{
    const migration bad[] = {first, wrong};
    EXPECT_THROW(pg::migrate_up(scratch.url, quiet, bad), std::runtime_error);
    EXPECT_EQ(sql(scratch.url, "select to_regclass('half') is null"), "t");
    EXPECT_EQ(sql(scratch.url, "select max(version) from schema_migration"), "1");
    const migration good[] = {first, second};
    EXPECT_EQ(pg::migrate_up(scratch.url, quiet, good), 1);
}

TEST_F(pg_migrate, many_nodes_at_once_apply_each_once)
{
    const migration all[] = {first, {2, "0002_second", "alter table a add b text; select pg_sleep(0.3);"}, alone};
    std::atomic<int> applied = 0, failed = 0;
    std::vector<std::jthread> nodes;
    for (int i = 0; i < 6; ++i)
        nodes.emplace_back([&] {
            try
            {
                applied += pg::migrate_up(scratch.url, quiet, all);
            }
            catch (const std::exception& e)
            {
                ++failed;
                ADD_FAILURE() << e.what();
            }
        });
    nodes.clear();
    EXPECT_EQ(applied, 3);
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(sql(scratch.url, "select count(*) from a"), "1");
}

TEST_F(pg_migrate, goes_on_after_being_killed_and_ends_with_the_same_schema)
{
    const migration all[] = {first, {2, "0002_second", "alter table a add b text; select pg_sleep(0.4);"}, alone};
    std::jthread killer{[&] {
        for (int i = 0; i < 100; ++i)
        {
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
            if (sql(server_url(),
                    "select coalesce(bool_or(pg_terminate_backend(pid)), false) from pg_stat_activity "
                    "where query like '%pg_sleep(0.4)%' and pid <> pg_backend_pid()")
                == "t")
                return;
        }
    }};
    EXPECT_THROW(pg::migrate_up(scratch.url, quiet, all), std::runtime_error);
    killer.join();
    EXPECT_EQ(pg::migrate_up(scratch.url, quiet, all), 2);
    const scratch_database fresh;
    pg::migrate_up(fresh.url, quiet, all);
    EXPECT_EQ(schema_digest(scratch.url), schema_digest(fresh.url));
    sql(fresh.url, "drop index a_id");
    EXPECT_NE(schema_digest(scratch.url), schema_digest(fresh.url));
}

TEST_F(pg_migrate, waits_for_locks_without_holding_up_others)
{
    const migration one[] = {first};
    pg::migrate_up(scratch.url, quiet, one);
    std::jthread reader{[&] { sql(scratch.url, "begin; select * from a; select pg_sleep(3); commit"); }};
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
    int tries = 0;
    const migration two[] = {first, second};
    EXPECT_EQ(
        pg::migrate_up(scratch.url, [&](const std::string& line) { tries += line.contains("trying again"); }, two), 1);
    EXPECT_GE(tries, 1);
}

TEST_F(pg_migrate, the_shipped_ones_apply_and_are_numbered_without_doubles)
{
    const auto all = pg::migrations();
    ASSERT_FALSE(all.empty());
    for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].version, all[i].version) << all[i].name;
    EXPECT_EQ(pg::migrate_up(scratch.url, quiet), static_cast<int>(all.size()));
    EXPECT_TRUE(pg::migrate_verify(scratch.url).empty());
}

}  // namespace
}  // namespace roost::test
