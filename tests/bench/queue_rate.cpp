// queue_rate URL enqueue SECONDS: jobs a second, each enqueued in a transaction of its own, from two threads of 16
// callers. queue_rate URL drain: does what is in the queue on two threads of 32 hands; jobs a second, and the memory in
// KiB after the first tenth and at the end.
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <print>
#include <string>
#include <thread>
#include <vector>

#include "platform/jobs/worker.hpp"

namespace {

using namespace roost;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
namespace asio = boost::asio;

constexpr jobs::kind<jobs::nothing> idle{"bench.idle"};
constexpr int callers = 16;
constexpr int hands = 32;

long memory()
{
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::strtol(line.c_str() + 6, nullptr, 10);
    return 0;
}

double seconds_since(steady_clock::time_point t)
{
    return std::chrono::duration<double>(steady_clock::now() - t).count();
}

task<> enqueue_until(pg::database& db, const roost::clock& c, steady_clock::time_point end, std::atomic<long>& done)
{
    while (steady_clock::now() < end)
    {
        co_await db.transaction([&](pg::tx& tx) -> task<result<void>> {
            jobs::enqueue(tx, idle, {}, c.now());
            co_return result<void>{};
        });
        ++done;
    }
}

void enqueue(pg::database& db, std::chrono::seconds how_long)
{
    const roost::clock c;
    std::atomic<long> done = 0;
    const auto began = steady_clock::now();
    const auto one = [&] {
        asio::io_context io{1};
        std::atomic<int> left = callers;
        for (int i = 0; i < callers; ++i)
            asio::co_spawn(io, enqueue_until(db, c, began + how_long, done), [&](std::exception_ptr e) {
                if (e) std::rethrow_exception(e);
                if (--left == 0) db.disconnect(io);
            });
        io.run();
    };
    std::jthread other{one};
    one();
    std::println("{}", static_cast<double>(done) / std::chrono::duration<double>(how_long).count());
}

void drain(pg::database& db, const std::string& url)
{
    const roost::clock c;
    jobs::worker w{db, c, pg::config{.url = url}, {.hands = hands}};
    std::atomic<long> done = 0;
    w.on<jobs::nothing>(idle, [&](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        ++done;
        co_return result<void>{};
    });
    asio::io_context loops[2] = {asio::io_context{1}, asio::io_context{1}};
    const auto began = steady_clock::now();
    std::vector<std::jthread> threads;
    for (auto& io : loops)
        threads.emplace_back([&] {
            w.attach(io);
            io.run();
        });
    long total = 0, early = 0, before = -1;
    auto last = began;
    while (steady_clock::now() - last < 3s)
    {
        std::this_thread::sleep_for(10ms);
        if (early == 0 && done >= 10'000) early = memory();
        total = done;
        if (total != before) last = steady_clock::now();
        before = total;
    }
    std::println("{} {} {} {}", static_cast<double>(total) / (seconds_since(began) - seconds_since(last)), total, early,
                 memory());
    std::fflush(stdout);
    std::_Exit(0);  // the loops have no other end
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 3) return 2;
    const std::string url = argv[1], what = argv[2];
    pg::database db{pg::config{.url = url, .pipelined = 2, .exclusive = callers}};
    if (what == "enqueue" && argc > 3)
        enqueue(db, std::chrono::seconds{std::atoi(argv[3])});
    else
        drain(db, url);
}
