#pragma once
#include "core/clock.hpp"
#include "platform/jobs/worker.hpp"

namespace roost::calendar {

/// Forgets what hosts said of days that are long over. Nothing depends on its punctuality.
void install_jobs(jobs::worker& w, pg::database& db, const clock& c);

}  // namespace roost::calendar
