#pragma once
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "platform/task.hpp"

namespace roost::redis {
class client;
}

namespace roost::auth {

/// `count` at once, and as many again spread evenly over `per`. A count of 0 is no limit.
struct rate
{
    int count;
    std::chrono::seconds per;
};

/// One bucket: a rate that one subject (an account, an address) uses up.
struct budget
{
    std::string_view name;  // of the rate, for keys and headers; literal: "login-account"
    rate allowed;
    std::string subject;
};

struct verdict
{
    bool allowed = true;
    budget tightest = {};  // the one that refused, or the one with least left
    int remaining = 0;
    std::chrono::milliseconds reset{0};        // until that bucket is full again
    std::chrono::milliseconds retry_after{0};  // when refused

    /// errc::too_many_requests with the limit and when to try again.
    error refusal() const;
};

/// Rate limits shared by all processes through Redis (GCRA in one script), and kept per process while Redis is away;
/// never dropped. The process's table is bounded: when it is full of active subjects, new ones are refused.
/// For all threads.
class rate_limiter
{
public:
    explicit rate_limiter(redis::client& redis, std::size_t most_local = 100'000);
    ~rate_limiter();

    /// Uses up one of every budget, or none when any is exhausted.
    task<verdict> take(std::vector<budget> budgets);
    /// Makes that bucket full again.
    task<> refill(budget b);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace roost::auth
