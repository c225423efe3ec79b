#pragma once
#include "feeds/service.hpp"
#include "platform/jobs/jobs.hpp"

namespace roost::jobs {
class worker;
}

namespace roost::feeds {

/// One fetch of one feed; unique by the feed.
inline constexpr jobs::kind<fetch_job> fetch_feed{
    .name = "feeds.fetch", .priority = 7, .attempts = 5, .timeout = std::chrono::seconds{40}, .concurrency = 8};

void install_jobs(jobs::worker& w, service& s);

}  // namespace roost::feeds
