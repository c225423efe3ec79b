#pragma once
#include <boost/asio/steady_timer.hpp>
#include <mutex>

#include "platform/jobs/celery_message.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/redis/client.hpp"

namespace roost::jobs::celery {

struct settings
{
    std::string url;                   // of the broker's Redis
    std::string results_url;           // of the result backend's; empty: the same
    std::vector<std::string> publish;  // "kind:queue": done by a Celery worker instead of us
    std::vector<std::string> accept;   // kinds that Celery clients may ask for
    std::string queue = "roost";       // where they ask
};

/// Jobs of some kinds are handed to Celery workers, and Celery clients may ask for jobs of some kinds. PostgreSQL stays
/// the queue: a job is handed over when its turn comes, and what is taken over becomes a job. At least once both ways;
/// a message that comes twice makes one job, and what we publish carries the job's id.
class bridge
{
public:
    /// After every handler was declared. Throws std::invalid_argument naming the setting that is wrong.
    bridge(pg::database& db, worker& w, const clock& c, settings how);
    ~bridge();

    /// The first context that attaches takes messages and answers them; every one may publish.
    void attach(boost::asio::io_context& io);
    void detach(boost::asio::io_context& io);

private:
    struct running;

    pg::database& db_;
    worker& worker_;
    const clock& clock_;
    const settings how_;
    redis::client broker_, results_;
    std::atomic<boost::asio::io_context*> home_{nullptr};
    std::weak_ptr<running> running_;  // home_'s thread only

    task<result<void>> publish(job_id id, const std::string& kind, const std::string& payload,
                               const std::string& queue);
    task<> run(std::shared_ptr<running> r);
    task<int> take();
    task<> take_one(const std::string& text);
    task<> remember(const task_message& m, const std::optional<std::string>& refused, bool expired);
    task<int> answer();
    task<> set_aside(const std::string& text, const std::string& why);
};

}  // namespace roost::jobs::celery
