#include "platform/http/jobs.hpp"

#include "platform/http/idempotency.hpp"

namespace roost::http {
namespace {

constexpr int batch = 200;
constexpr jobs::kind<jobs::nothing> forget_replies{"http.forget_replies", 9};

}  // namespace

void install_jobs(jobs::worker& w, pg::database& db)
{
    w.on<jobs::nothing>(forget_replies, [&](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        while (co_await forget_old_replies(db, batch) == batch)
        {
        }
        co_return result<void>{};
    });
    w.every(std::chrono::hours{1}, forget_replies);
}

}  // namespace roost::http
