#pragma once
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "platform/jobs/worker.hpp"
#include "platform/pg/migrate.hpp"
#include "unit/pause.hpp"
#include "unit/pg_fixture.hpp"

/// A queue in a database of the test's own, and workers on it.
namespace roost::test {

using namespace std::chrono_literals;
namespace asio = boost::asio;

struct errand
{
    std::int32_t number = 0;
    static constexpr auto fields = schema::fields(schema::field<&errand::number>("number"));
};

inline constexpr jobs::kind<errand> errands{"test.errand"};
inline constexpr jobs::kind<errand> urgent{"test.urgent", 1};
inline constexpr jobs::kind<errand> fragile{"test.fragile", 5, 3, 60s};

/// A worker as a process of its own has it: its thread, its connections, its clock.
class process
{
    asio::io_context io_{1};
    std::thread thread_;

public:
    pg::database db;
    clock time;
    jobs::worker worker;

    /// It hears of jobs on a connection to `heard_at`, the same database unless given.
    explicit process(const std::string& url, jobs::worker_config how = {}, const std::string& heard_at = {})
        : db{pg::config{.url = url}}, worker{db, time, pg::config{.url = heard_at.empty() ? url : heard_at}, quick(how)}
    {}
    ~process() { stop(); }

    /// Tests do not wait as long as servers do, unless they say how long.
    static jobs::worker_config quick(jobs::worker_config how)
    {
        const jobs::worker_config usual;
        if (how.poll == usual.poll) how.poll = 20ms;
        if (how.first_pause == usual.first_pause) how.first_pause = 1ms;
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
    /// Does `work` on its thread, as a request there would.
    void run(std::function<task<>()> work)
    {
        auto done = asio::co_spawn(io_, work(), asio::use_future);
        if (done.wait_for(30s) != std::future_status::ready) throw std::runtime_error("it did not end within 30 s");
        done.get();
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

}  // namespace roost::test
