#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "platform/outbound/client.hpp"

namespace roost::outbound {

/// When to leave alone whoever fails: after some failures in a row nobody is let through for a while, then one, whose
/// luck decides. Each while is twice as long as the one before. For all threads.
class breaker
{
public:
    using instant = std::chrono::steady_clock::time_point;

    static constexpr int failures_to_open = 5;
    static constexpr std::chrono::milliseconds first_pause{1'000}, longest_pause{30'000};

    /// Whether to ask now. Whoever is let through tells how it went.
    bool lets_through(instant now);
    void succeeded();
    void failed(instant now);
    bool is_open(instant now) const;

private:
    mutable std::mutex guard_;
    int failures_ = 0;
    instant closed_until_{};
    std::chrono::milliseconds pause_{0};
};

struct origin_config
{
    std::string name;  // in metrics
    std::string base;  // "https://api.example.com"; an operator names it, so any address may be asked
    std::string ca_file = {};
    std::chrono::milliseconds connect{5'000}, total{20'000};
    std::size_t most_bytes = 1'000'000;
    /// Which answers are a fault of its own.
    bool (*is_failure)(const answer&) = [](const answer& a) { return a.status == 429 || a.status >= 500; };
};

/// One machine of the operator's choice that is asked again and again. Connections are kept, redirects are not
/// followed, and while it is broken (no answer, 5xx, 429, unless is_failure says otherwise) it is left alone for a
/// while: fault::resting.
class origin
{
    struct meters;

    client& client_;
    std::string base_;
    guard guard_;
    bool (*is_failure_)(const answer&);
    std::shared_ptr<connections> kept_ = std::make_shared<connections>();
    breaker breaker_;
    std::unique_ptr<meters> meters_;

public:
    origin(client& c, origin_config how);
    ~origin();
    origin(const origin&) = delete;

    /// `r.url` is a path. A fault and a status of 500 or more tell nothing of what was done there.
    task<std::expected<answer, fault>> send(request r);
};

}  // namespace roost::outbound
