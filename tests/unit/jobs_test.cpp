#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <deque>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "platform/jobs/worker.hpp"
#include "platform/pg/migrate.hpp"
#include "unit/pg_fixture.hpp"

namespace roost::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

struct errand
{
    std::int32_t number = 0;
    static constexpr auto fields = schema::fields(schema::field<&errand::number>("number"));
};

constexpr jobs::kind<errand> errands{"test.errand"};
constexpr jobs::kind<errand> urgent{"test.urgent", 1};
constexpr jobs::kind<errand> fragile{"test.fragile", 5, 3, 60s};
constexpr jobs::kind<errand> one_at_a_time{"test.single", 5, 10, 60s, 2};
constexpr jobs::kind<errand> brief{"test.brief", 5, 2, 1s};
constexpr jobs::kind<jobs::nothing> chime{"test.chime"};
constexpr pg::statement note{"t.note", "insert into effect (number) values ($1)"};

task<> pause(std::chrono::milliseconds d)
{
    asio::steady_timer timer{co_await asio::this_coro::executor, d};
    co_await timer.async_wait(asio::use_awaitable);
}

/// A worker as a process of its own has it: its thread, its connections, its clock.
class process
{
    asio::io_context io_{1};
    std::thread thread_;
    std::promise<void> drained_;

public:
    pg::database db;
    clock time;
    jobs::worker worker;

    explicit process(const std::string& url, jobs::worker_config how = {})
        : db{pg::config{.url = url}}, worker{db, time, pg::config{.url = url}, quick(how)}
    {}
    ~process() { stop(); }

    static jobs::worker_config quick(jobs::worker_config how)
    {
        how.poll = 20ms;
        how.first_pause = 1ms;
        return how;
    }
    void start()
    {
        thread_ = std::thread{[this] {
            worker.attach(io_);
            auto busy = asio::make_work_guard(io_);
            io_.run();
        }};
    }
    void stop()
    {
        if (!thread_.joinable()) return;
        asio::co_spawn(io_, end(), asio::detached);
        thread_.join();
    }

private:
    task<> end()
    {
        worker.drain(io_);
        while (!worker.idle(io_)) co_await pause(5ms);
        worker.detach(io_);
        db.disconnect(io_);
        co_await pause(50ms);
        io_.stop();
    }
};

class job_queue : public testing::Test
{
protected:
    scratch_database scratch;
    pg::database db{pg::config{.url = scratch.url}};
    clock time;
    std::mutex guard;
    std::vector<int> done;  // under guard

    job_queue()
    {
        pg::migrate_up(scratch.url, [](const std::string&) {});
        sql("create table effect (number int)");
    }

    std::string sql(const std::string& text) const { return test::sql(scratch.url, text); }
    std::string jobs_left() const { return sql("select count(*) from job"); }

    template <class P>
    void enqueue(const jobs::kind<P>& k, P payload = {}, jobs::options how = {})
    {
        test::run([&]() -> task<> {
            co_await db.transaction([&](pg::tx& tx) -> task<result<void>> {
                jobs::enqueue(tx, k, payload, time.now(), how);
                co_return result<void>{};
            });
        });
    }
    jobs::handler<errand> remember()
    {
        return [this](jobs::attempt&, errand e) -> task<result<void>> {
            const std::scoped_lock lock{guard};
            done.push_back(e.number);
            co_return result<void>{};
        };
    }
    std::vector<int> seen()
    {
        const std::scoped_lock lock{guard};
        return done;
    }
    template <class F>
    static void until(F what)
    {
        for (int i = 0; i < 3'000; ++i, std::this_thread::sleep_for(10ms))
            if (what()) return;
        FAIL() << "it did not happen within 30 s";
    }
    static std::vector<jobs::kind_terms> terms(std::initializer_list<jobs::kind<errand>> kinds)
    {
        std::vector<jobs::kind_terms> all;
        for (const auto& k : kinds)
            all.push_back({std::string{k.name}, k.priority, k.attempts, k.concurrency, k.timeout});
        return all;
    }
    std::vector<jobs::claimed> claim(std::initializer_list<jobs::kind<errand>> kinds, int most)
    {
        std::vector<jobs::claimed> got;
        test::run([&]() -> task<> { got = co_await jobs::claim(db, terms(kinds), most); });
        return got;
    }
};

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

TEST_F(job_queue, claiming_reads_an_index_however_long_the_queue)
{
    sql("insert into job (kind, payload, priority, status) select 'test.errand', '{}', 5, 'waiting' "
        "from generate_series(1, 100000)");
    const auto before =
        std::stoll(sql("select coalesce(sum(seq_tup_read), 0) from pg_stat_user_tables "
                       "where relname = 'job'"));
    ASSERT_EQ(claim({errands, urgent}, 10).size(), 10u);
    sql("select pg_stat_force_next_flush()");
    std::this_thread::sleep_for(1500ms);
    const auto read = std::stoll(sql("select coalesce(sum(seq_tup_read), 0) from pg_stat_user_tables "
                                     "where relname = 'job'"))
                      - before;
    EXPECT_LT(read, 1000);
}

}  // namespace
}  // namespace roost::test
