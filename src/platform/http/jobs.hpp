#pragma once
#include "platform/jobs/worker.hpp"

namespace roost::http {

/// Forgets old kept replies.
void install_jobs(jobs::worker& w, pg::database& db);

}  // namespace roost::http
