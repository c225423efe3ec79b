#pragma once
#include "platform/jobs/worker.hpp"

namespace roost::reviews {

class service;

/// Publishes what nobody answered in time. Nothing depends on its punctuality but the stars of a property whose reviews
/// nobody reads.
void install_jobs(jobs::worker& w, service& s);

}  // namespace roost::reviews
