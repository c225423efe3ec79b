#include "platform/outbound/origin.hpp"

#include <algorithm>
#include <array>

#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"

namespace roost::outbound {

bool breaker::lets_through(instant now)
{
    const std::scoped_lock alone{guard_};
    if (failures_ < failures_to_open) return true;
    if (now < closed_until_) return false;
    closed_until_ = now + pause_;  // this one is the trial: the others wait for what comes of it
    return true;
}

void breaker::succeeded()
{
    const std::scoped_lock alone{guard_};
    failures_ = 0;
    pause_ = {};
}

void breaker::failed(instant now)
{
    const std::scoped_lock alone{guard_};
    if (++failures_ < failures_to_open) return;
    pause_ = std::clamp(pause_ * 2, first_pause, longest_pause);
    closed_until_ = now + pause_;
}

bool breaker::is_open(instant now) const
{
    const std::scoped_lock alone{guard_};
    return failures_ >= failures_to_open && now < closed_until_;
}

/// Times by what came of a request.
struct origin::meters
{
    std::string name;
    std::array<observe::histogram*, 6> by_class;  // no answer, then by the status' first digit
    observe::counter& rested;

    static constexpr std::array<std::string_view, 6> classes{"fault", "1xx", "2xx", "3xx", "4xx", "5xx"};

    explicit meters(std::string who)
        : name{std::move(who)},
          rested{observe::metrics().counter("roost_outbound_rested_total",
                                            "Requests that were not made because the other side was broken.",
                                            {{"to", name}})}
    {
        for (std::size_t i = 0; i < classes.size(); ++i)
            by_class[i] = &observe::metrics().histogram("roost_outbound_seconds", "Requests to services of others.",
                                                        {{"to", name}, {"status", std::string{classes[i]}}});
    }

    void took(const std::expected<answer, fault>& got, std::chrono::nanoseconds time) const
    {
        const auto digit = got ? std::clamp(got->status / 100, 1, 5) : 0;
        by_class[static_cast<std::size_t>(digit)]->observe(time);
    }
};

origin::origin(client& c, origin_config how)
    : client_{c},
      base_{std::move(how.base)},
      guard_{guard::trusted()},
      is_failure_{how.is_failure},
      meters_{std::make_unique<meters>(how.name)}
{
    while (base_.ends_with('/')) base_.pop_back();
    guard_.ca_file = std::move(how.ca_file);
    guard_.connect = how.connect;
    guard_.total = how.total;
    guard_.most_bytes = how.most_bytes;
}

origin::~origin() = default;

task<std::expected<answer, fault>> origin::send(request r)
{
    using clock = std::chrono::steady_clock;
    const auto begun = clock::now();
    if (!breaker_.lets_through(begun))
    {
        meters_->rested.add();
        co_return std::unexpected{fault::resting};
    }
    r.url.insert(0, base_);
    auto got = co_await client_.send(std::move(r), guard_, kept_);
    const auto now = clock::now();
    meters_->took(got, now - begun);
    if (got ? !is_failure_(*got) : got.error() == fault::busy)
        breaker_.succeeded();
    else
    {
        const bool was_open = breaker_.is_open(now);
        breaker_.failed(now);
        if (!was_open && breaker_.is_open(now))
            log::warn("a service is left alone for a while",
                      {{"to", meters_->name}, {"why", got ? "status" : name_of(got.error())}});
    }
    co_return got;
}

}  // namespace roost::outbound
