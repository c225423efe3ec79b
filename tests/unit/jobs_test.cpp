#include <algorithm>
#include <deque>
#include <set>

#include "unit/jobs_fixture.hpp"

namespace roost::test {
namespace {

constexpr jobs::kind<errand> one_at_a_time{"test.single", 5, 10, 60s, 2};

TEST_F(job_queue, a_job_exists_exactly_if_its_transaction_commits)
{
    test::run([&]() -> task<> {
        co_await db.transaction([&](pg::tx& tx) -> task<result<void>> {
            jobs::enqueue(tx, errands, {1}, time.now());
            co_return fail(errc::wrong_state);
        });
    });
    EXPECT_EQ(jobs_left(), "0");
    enqueue(errands, {2});
    EXPECT_EQ(sql("select payload from job"), R"({"number": 2})");
}

TEST_F(job_queue, a_job_is_done_and_gone)
{
    process p{scratch.url};
    p.worker.on(errands, remember());
    p.start();
    for (int i = 0; i < 50; ++i) enqueue(errands, {i});
    until([&] { return jobs_left() == "0"; });
    const auto all = seen();
    EXPECT_EQ(all.size(), 50u);
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), 50u);
}

TEST_F(job_queue, a_poisonous_job_is_given_up_and_does_not_hold_up_others)
{
    process p{scratch.url, {.hands = 1}};
    std::atomic<int> tries = 0;
    p.worker.on<errand>(fragile, [&](jobs::attempt& a, errand) -> task<result<void>> {
        EXPECT_EQ(a.number(), ++tries);
        if (a.number() == 2) throw std::runtime_error("it broke");
        co_return fail(errc::wrong_state, "never, in no way");
    });
    p.worker.on(errands, remember());
    enqueue(fragile);
    for (int i = 0; i < 10; ++i) enqueue(errands, {i});
    p.start();
    until([&] { return seen().size() == 10 && sql("select status from job") == "dead"; });
    EXPECT_EQ(tries, 3);
    EXPECT_EQ(sql("select string_agg(substring(e from 'try .*'), ', ') from job, unnest(errors) e"),
              "try 3: never, in no way, try 2: it broke, try 1: never, in no way");
}

TEST_F(job_queue, a_smaller_number_goes_first_and_age_decides_among_equals)
{
    for (int i = 0; i < 3; ++i) enqueue(errands, {i});
    enqueue(urgent, {9});
    process p{scratch.url, {.hands = 1}};
    p.worker.on(errands, remember());
    p.worker.on(urgent, remember());
    p.start();
    until([&] { return jobs_left() == "0"; });
    EXPECT_EQ(seen(), (std::vector{9, 0, 1, 2}));
}

TEST_F(job_queue, of_jobs_with_one_key_one_waits)
{
    enqueue(errands, {1}, {.unique = "k"});
    enqueue(errands, {2}, {.unique = "k"});
    enqueue(errands, {3}, {.at = time.now() + 1h, .unique = "k"});
    enqueue(errands, {4}, {.unique = "other"});
    enqueue(urgent, {5}, {.unique = "k"});
    EXPECT_EQ(sql("select string_agg(payload->>'number', ',' order by id) from job"), "1,4,5");
    ASSERT_EQ(claim({errands}, 1).size(), 1u);
    enqueue(errands, {6}, {.unique = "k"});
    EXPECT_EQ(jobs_left(), "4") << "what is being done does not stand for what happened since";
}

TEST_F(job_queue, a_failed_job_gives_way_to_the_newer_one_with_its_key)
{
    enqueue(errands, {1}, {.unique = "k"});
    const auto first = claim({errands}, 1).at(0);
    enqueue(errands, {2}, {.unique = "k"});
    test::run([&]() -> task<> {
        EXPECT_TRUE(co_await jobs::end_try(db, first.id, first.token, {.next = jobs::ending::retrying}));
    });
    EXPECT_EQ(sql("select string_agg(payload->>'number', ',') from job"), "2");
}

TEST_F(job_queue, limits_hold_over_all_processes)
{
    for (int i = 0; i < 20; ++i) enqueue(one_at_a_time, {i});
    for (int i = 0; i < 20; ++i) enqueue(errands, {i});
    std::atomic<int> now = 0, most = 0, most_free = 0;
    const auto busy = [](std::atomic<int>& n, std::atomic<int>& top) -> task<result<void>> {
        top = std::max(top.load(), ++n);
        co_await pause(5ms);
        --n;
        co_return result<void>{};
    };
    std::atomic<int> free_now = 0;
    std::deque<process> all;
    for (int i = 0; i < 3; ++i)
    {
        auto& p = all.emplace_back(scratch.url);
        p.worker.on<errand>(one_at_a_time, [&](jobs::attempt&, errand) { return busy(now, most); });
        p.worker.on<errand>(errands, [&](jobs::attempt&, errand) { return busy(free_now, most_free); });
    }
    for (auto& p : all) p.start();
    until([&] { return jobs_left() == "0"; });
    EXPECT_EQ(most, 2);
    EXPECT_GT(most_free, 2) << "a kind without a limit, done at the same time";
}

TEST_F(job_queue, a_kind_that_nobody_knows_waits)
{
    enqueue(urgent, {1});
    enqueue(errands, {2});
    process p{scratch.url};
    p.worker.on(errands, remember());
    p.start();
    until([&] { return jobs_left() == "1"; });
    EXPECT_EQ(sql("select status || tries from job"), "waiting0");
    p.stop();
    process newer{scratch.url};
    newer.worker.on(urgent, remember());
    newer.start();
    until([&] { return jobs_left() == "0"; });
    EXPECT_EQ(seen(), (std::vector{2, 1}));
}

TEST_F(job_queue, claiming_reads_an_index_however_long_the_queue)
{
    sql("insert into job (kind, payload, priority, status) select 'test.errand', '{}', 5, 'waiting' "
        "from generate_series(1, 100000)");
    static constexpr pg::statement count{"t.count",
                                         "select coalesce(sum(seq_tup_read), 0)::bigint from pg_stat_user_tables "
                                         "where relname = 'job'"};
    static constexpr pg::statement flush{"t.flush", "select pg_stat_force_next_flush()"};
    const auto read_whole_by_claiming = [&](const std::string& url) {
        // One connection, since each counts for itself and tells the others now and then.
        pg::database one{pg::config{.url = url, .pipelined = 1}};
        std::int64_t rows = 0;
        test::run([&]() -> task<> {
            const auto before = co_await one.one<std::int64_t>(count);
            const auto got = co_await jobs::claim(one, terms({errands, urgent}), 10);
            EXPECT_EQ(got.size(), 10u);
            co_await one.run(flush);
            rows = *co_await one.one<std::int64_t>(count) - *before;
        });
        return rows;
    };
    EXPECT_LT(read_whole_by_claiming(scratch.url), 1'000);
    const auto without = with(scratch.url, {{"options", "-c enable_indexscan=off -c enable_bitmapscan=off"}});
    EXPECT_GE(read_whole_by_claiming(without), 100'000) << "the control: the same claim without an index";
}

TEST_F(job_queue, a_process_is_told_of_what_another_enqueues)
{
    enqueue(errands, {0});
    enqueue(urgent, {0});
    process sender{scratch.url, {.hands = 0, .poll = 1h}}, doer{scratch.url, {.poll = 1h}};
    process deaf{scratch.url, {.poll = 1h}, with(scratch.url, {{"host", "/nowhere"}})};
    doer.worker.on(errands, remember());
    deaf.worker.on(urgent, remember());
    for (auto* p : {&sender, &doer, &deaf}) p->start();
    until([&] { return seen().size() == 2; });  // both have looked by themselves, and will again in an hour
    for (int i = 1; i <= 3; ++i)
    {
        sender.run([&]() -> task<> {
            co_await sender.db.transaction([&](pg::tx& tx) -> task<result<void>> {
                const errand e{i};
                jobs::enqueue(tx, urgent, e, time.now());
                jobs::enqueue(tx, errands, e, time.now());
                co_return result<void>{};
            });
        });
        until([&] { return std::ranges::contains(seen(), i); });
    }
    EXPECT_EQ(seen(), (std::vector{0, 0, 1, 2, 3})) << "the control: who hears nothing does nothing";
}

}  // namespace
}  // namespace roost::test
