#pragma once
#include "feeds/service.hpp"
#include "platform/jobs/jobs.hpp"

namespace roost::jobs {
class worker;
}

namespace roost::feeds {

/// One fetch of one feed; unique by the feed. Never more at a time than there are threads to fetch, because one that
/// waited for slow ones before it would spend its own time on them; and fewer than a thread of ours has hands for jobs.
inline constexpr jobs::kind<fetch_job> fetch_feed{.name = "feeds.fetch",
                                                  .priority = 7,
                                                  .attempts = 5,
                                                  .timeout = std::chrono::seconds{40},
                                                  .concurrency = outbound::client::usual_threads - 1};

void install_jobs(jobs::worker& w, service& s);

}  // namespace roost::feeds
