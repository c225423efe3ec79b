#pragma once
#include <functional>

namespace roost::jobs {

/// What this thread does once a job was enqueued on it; nothing where no worker is attached.
inline std::function<void()>& bell_here()
{
    thread_local std::function<void()> bell;
    return bell;
}

inline void ring_here()
{
    if (const auto& bell = bell_here()) bell();
}

}  // namespace roost::jobs
