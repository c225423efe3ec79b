#pragma once
#include <map>
#include <string>

#include "platform/jobs/queue.hpp"
#include "platform/observe/metrics.hpp"

namespace roost::jobs {

/// How a try ended, as metrics name it.
enum class outcome
{
    done,
    failed,
    timed_out,
    dead,      // failed or timed out for the last time
    lost,      // the lease had passed to another
    returned,  // the process stopped
};

/// What /metrics shows of the queue.
class meters
{
    struct of_kind
    {
        observe::histogram* run;
        observe::histogram* wait;
        observe::counter* outcomes[6];
    };
    std::map<std::string, of_kind, std::less<>> kinds_;
    std::map<std::pair<std::string, std::string>, observe::gauge*> counts_;  // touched by one thread only
    std::map<std::string, observe::gauge*, std::less<>> ages_;

public:
    /// Before the threads start.
    void add(const std::string& kind);

    void begun(const std::string& kind, double waited) const;
    void ended(const std::string& kind, outcome how, std::chrono::nanoseconds took) const;
    void show(const std::vector<measured>& queue);
};

}  // namespace roost::jobs
