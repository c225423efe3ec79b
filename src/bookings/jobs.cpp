#include "bookings/jobs.hpp"

#include "bookings/alterations.hpp"
#include "bookings/store.hpp"

namespace roost::bookings {
namespace {

using namespace std::chrono_literals;

constexpr int batch = 200;
constexpr std::chrono::days quotes_kept{7};

constexpr jobs::kind<jobs::nothing> pass_time{"bookings.pass_time", 1, 10, 30s, 0, 5s};
constexpr jobs::kind<jobs::nothing> forget_quotes{"bookings.forget_quotes", 9};

/// Everything that is due, batch by batch.
task<> in_batches(pg::database& db, instant now, task<std::int64_t> (*some)(pg::tx&, instant, int))
{
    for (std::int64_t done = batch; done == batch;)
    {
        const auto moved = co_await db.transaction(
            [&](pg::tx& tx) -> task<result<std::int64_t>> { co_return co_await some(tx, now, batch); });
        done = moved.value();  // nothing it does is refused
    }
}

task<result<void>> let_time_pass(pg::database& db, instant now)
{
    co_await in_batches(db, now, &move_due);
    co_await in_batches(db, now, &expire_alterations);
    co_return result<void>{};
}

}  // namespace

void install_jobs(jobs::worker& w, pg::database& db, const clock& c)
{
    w.on<jobs::nothing>(pass_time, [&](jobs::attempt&, jobs::nothing) { return let_time_pass(db, c.now()); });
    w.every(1s, pass_time);

    w.on<jobs::nothing>(forget_quotes, [&](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        while (co_await forget_old_quotes(db, c.now() - quotes_kept, batch) == batch)
        {
        }
        co_return result<void>{};
    });
    w.every(1h, forget_quotes);
}

}  // namespace roost::bookings
