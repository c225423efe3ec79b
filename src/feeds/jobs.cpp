#include "feeds/jobs.hpp"

#include "platform/jobs/worker.hpp"

namespace roost::feeds {
namespace {

constexpr jobs::kind<jobs::nothing> enqueue_due{
    .name = "feeds.enqueue_due", .priority = 6, .attempts = 3, .timeout = std::chrono::seconds{30}};

}  // namespace

void install_jobs(jobs::worker& w, service& s)
{
    w.on<jobs::nothing>(enqueue_due, [&s](jobs::attempt&, jobs::nothing) { return s.enqueue_due(); });
    w.every(std::chrono::minutes{1}, enqueue_due);
    w.on<fetch_job>(fetch_feed, [&s](jobs::attempt& a, fetch_job job) {
        return s.fetch(job.feed, [&a](pg::tx& tx) { return a.complete_in(tx); });
    });
}

}  // namespace roost::feeds
