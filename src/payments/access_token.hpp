#pragma once
#include <chrono>
#include <mutex>
#include <string>
#include <utility>

namespace roost::payments {

/// What a provider lets its clients in by, for a time (RFC 6749). For all threads.
class access_token
{
    using steady = std::chrono::steady_clock;

    /// It is renewed so long before it ends.
    static constexpr std::chrono::seconds in_time{60};

    std::mutex guard_;
    std::string token_;
    steady::time_point good_until_;

public:
    /// Empty when another is needed.
    std::string kept()
    {
        const std::scoped_lock alone{guard_};
        return steady::now() < good_until_ ? token_ : std::string{};
    }

    /// `asked`: when it was asked for.
    void keep(std::string token, steady::time_point asked, std::chrono::seconds life)
    {
        const std::scoped_lock alone{guard_};
        token_ = std::move(token);
        good_until_ = asked + life - in_time;
    }

    /// Unless somebody has renewed it since.
    void forget(const std::string& refused)
    {
        const std::scoped_lock alone{guard_};
        if (token_ == refused) good_until_ = {};
    }
};

}  // namespace roost::payments
