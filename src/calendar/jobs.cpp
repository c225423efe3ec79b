#include "calendar/jobs.hpp"

#include "calendar/queries.hpp"
#include "core/dates.hpp"

namespace roost::calendar {
namespace {

using namespace std::chrono_literals;

constexpr int batch = 1'000;
/// A calendar shows at most 370 days at once, and hosts compare with the year before.
constexpr std::chrono::days past_days_kept{366};

constexpr jobs::kind<jobs::nothing> forget_past_days{.name = "calendar.forget_past_days", .priority = 9};

}  // namespace

void install_jobs(jobs::worker& w, pg::database& db, const clock& c)
{
    w.on<jobs::nothing>(forget_past_days, [&](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        const auto before = time_zone{}.day_of(c.now()) - past_days_kept;
        while (co_await db.run(sql::forget_past_days, before, batch) == batch)
        {
        }
        co_return result<void>{};
    });
    w.every(24h, forget_past_days);
}

}  // namespace roost::calendar
