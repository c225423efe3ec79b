#pragma once
#include <atomic>
#include <chrono>

#include "core/dates.hpp"

namespace roost {

/// The one source of "now" for business rules. Tests and demonstrations move it; nothing else does.
class clock
{
    std::atomic<std::chrono::microseconds::rep> offset_{0};

public:
    instant now() const
    {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())
               + std::chrono::microseconds{offset_.load(std::memory_order_relaxed)};
    }
    /// How far that is from the real time: zero outside of tests and demonstrations.
    std::chrono::microseconds shift() const
    {
        return std::chrono::microseconds{offset_.load(std::memory_order_relaxed)};
    }
    void shift_by(std::chrono::microseconds offset) { offset_.store(offset.count(), std::memory_order_relaxed); }
};

}  // namespace roost
