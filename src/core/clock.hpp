#pragma once
#include <atomic>
#include <chrono>

#include "core/dates.hpp"

namespace roost {

/// The one source of "now" for business rules: this machine's clock, corrected to the database's, so that processes
/// agree on what has expired whatever their machines believe. Tests and demonstrations move it; nothing else does.
class clock
{
    std::atomic<std::chrono::microseconds::rep> correction_{0}, shift_{0};

public:
    instant now() const
    {
        return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) + correction() + shift();
    }
    /// How far that is from the real time: zero outside of tests and demonstrations.
    std::chrono::microseconds shift() const
    {
        return std::chrono::microseconds{shift_.load(std::memory_order_relaxed)};
    }
    void shift_by(std::chrono::microseconds by) { shift_.store(by.count(), std::memory_order_relaxed); }

    /// By how much this machine's clock is behind the database's.
    std::chrono::microseconds correction() const
    {
        return std::chrono::microseconds{correction_.load(std::memory_order_relaxed)};
    }
    void correct_by(std::chrono::microseconds by) { correction_.store(by.count(), std::memory_order_relaxed); }
};

}  // namespace roost
