#include "reviews/jobs.hpp"

#include "reviews/service.hpp"

namespace roost::reviews {
namespace {

using namespace std::chrono_literals;

constexpr jobs::kind<jobs::nothing> publish{.name = "reviews.publish"};

}  // namespace

void install_jobs(jobs::worker& w, service& s)
{
    w.on<jobs::nothing>(publish, [&s](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        co_await s.publish_all_due();
        co_return result<void>{};
    });
    w.every(10s, publish);
}

}  // namespace roost::reviews
