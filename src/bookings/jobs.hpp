#pragma once
#include "core/clock.hpp"
#include "platform/jobs/worker.hpp"

namespace roost::bookings {

/// The passing of time: expires holds and requests, begins and ends stays, forgets old quotes. Nothing depends on its
/// punctuality: whoever wants the nights of an expired hold gets them without it.
void install_jobs(jobs::worker& w, pg::database& db, const clock& c);

}  // namespace roost::bookings
