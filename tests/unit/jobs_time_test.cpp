#include "unit/jobs_fixture.hpp"

/// Leases, timeouts, delays and schedules.
namespace roost::test {
namespace {

constexpr jobs::kind<errand> brief{"test.brief", 5, 2, 1s};
constexpr jobs::kind<jobs::nothing> chime{"test.chime"};
constexpr pg::statement note{"t.note", "insert into effect (number) values ($1)"};

TEST_F(job_queue, who_comes_back_after_his_lease_can_end_nothing)
{
    enqueue(errands, {1});
    const auto stale = claim({errands}, 1).at(0);
    EXPECT_TRUE(claim({errands}, 1).empty());
    sql("update job set lease_until = now() - interval '1 second'");
    test::run([&]() -> task<> {
        EXPECT_EQ((co_await jobs::take_back(db, terms({errands}), 10)).size(), 1u);
        co_await jobs::wake_due(db, 0s, 10);
    });
    const auto fresh = claim({errands}, 1).at(0);
    EXPECT_EQ(fresh.id, stale.id);
    EXPECT_EQ(fresh.tries, 2);
    test::run([&]() -> task<> {
        EXPECT_FALSE(co_await jobs::finish(db, stale.id, stale.token));
        EXPECT_FALSE(co_await jobs::end_try(db, stale.id, stale.token, {.next = jobs::ending::dead}));
        EXPECT_TRUE(co_await jobs::finish(db, fresh.id, fresh.token));
        EXPECT_FALSE(co_await jobs::finish(db, fresh.id, fresh.token));
    });
}

TEST_F(job_queue, what_a_handler_decides_after_its_lease_is_rolled_back)
{
    process p{scratch.url};
    std::atomic<int> tries = 0;
    p.worker.on<errand>(errands, [&](jobs::attempt& a, errand e) -> task<result<void>> {
        if (++tries == 1)
            sql("update job set token = token + 1");  // as if the lease had ended and another had claimed it
        co_return co_await p.db.transaction([&](pg::tx& tx) -> task<result<void>> {
            tx.queue(note, e.number);
            co_await a.complete_in(tx);
            co_return result<void>{};
        });
    });
    enqueue(errands, {1});
    p.start();
    until([&] { return tries == 1; });
    EXPECT_EQ(sql("select count(*) from effect"), "0");
    until([&] { return sql("select status from job") == "running"; });
    sql("update job set lease_until = now()");
    until([&] { return jobs_left() == "0"; });
    EXPECT_EQ(tries, 2);
    EXPECT_EQ(sql("select count(*) from effect"), "1");
}

TEST_F(job_queue, a_process_that_dies_too_often_kills_the_job_not_the_queue)
{
    enqueue(fragile);
    for (int i = 0; i < 3; ++i)
    {
        ASSERT_EQ(claim({fragile}, 1).size(), 1u);
        sql("update job set lease_until = now() - interval '1 second'");
        test::run([&]() -> task<> {
            co_await jobs::take_back(db, terms({fragile}), 10);
            co_await jobs::wake_due(db, 0s, 10);
        });
    }
    EXPECT_EQ(sql("select status from job"), "dead");
}

TEST_F(job_queue, a_schedule_fires_once_however_many_look_and_is_not_made_up_for)
{
    const std::vector<jobs::periodic> hourly{{"test.chime", "{}", 5, 1h}};
    const auto fires = [&](std::chrono::seconds shift) {
        std::int64_t n = 0;
        test::run([&]() -> task<> {
            using namespace asio;
            std::vector<std::future<std::int64_t>> each;
            const auto on = co_await this_coro::executor;
            for (int i = 0; i < 8; ++i)
                each.push_back(co_spawn(on, jobs::start_periodic(db, hourly, shift), use_future));
            for (auto& f : each)
            {
                while (f.wait_for(0s) != std::future_status::ready) co_await pause(1ms);
                n += f.get();
            }
        });
        sql("delete from job");
        return n;
    };
    test::run([&]() -> task<> { co_await jobs::add_schedules(db, hourly, 0s); });
    EXPECT_EQ(fires(0s), 1);
    EXPECT_EQ(fires(0s), 0);
    EXPECT_EQ(fires(59min), 0);
    EXPECT_EQ(fires(61min), 1);
    EXPECT_EQ(fires(1000h), 1) << "939 periods were missed and are not made up for";
    EXPECT_EQ(fires(1000h), 0);
    EXPECT_EQ(fires(0s), 1) << "the clock was moved back";
}

TEST_F(job_queue, later_is_by_the_clock_of_the_business)
{
    process p{scratch.url};
    p.worker.on(errands, remember());
    p.start();
    enqueue(errands, {1}, {.at = time.now() + 48h});
    enqueue(errands, {2}, {.at = time.now() - 1h});
    until([&] { return seen() == std::vector{2}; });
    EXPECT_EQ(sql("select status from job"), "scheduled");
    p.time.shift_by(48h + 1s);
    until([&] { return jobs_left() == "0"; });
    EXPECT_EQ(seen(), (std::vector{2, 1}));
}

TEST_F(job_queue, a_try_is_cut_off_at_its_timeout)
{
    process p{scratch.url};
    p.worker.on<errand>(brief, [](jobs::attempt&, errand) -> task<result<void>> {
        co_await pause(1h);
        co_return result<void>{};
    });
    enqueue(brief);
    p.start();
    until([&] { return sql("select status from job") == "dead"; });
    EXPECT_NE(sql("select errors[1] from job").find("try 2: took longer than 1 s"), std::string::npos);
}

TEST_F(job_queue, what_runs_when_the_process_stops_goes_back_uncounted)
{
    process p{scratch.url, {.grace = 50ms}};
    p.worker.on<errand>(errands, [](jobs::attempt&, errand) -> task<result<void>> {
        co_await pause(1h);
        co_return result<void>{};
    });
    enqueue(errands);
    p.start();
    until([&] { return sql("select status from job") == "running"; });
    p.stop();
    EXPECT_EQ(sql("select status || tries || token from job"), "waiting01");
}

TEST_F(job_queue, a_periodic_job_runs_again_and_again)
{
    process p{scratch.url};
    std::atomic<int> times = 0;
    p.worker.on<jobs::nothing>(chime, [&](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        ++times;
        co_return result<void>{};
    });
    p.worker.every(1s, chime);
    p.start();
    until([&] { return times >= 2; });
}

}  // namespace
}  // namespace roost::test
