#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "core/clock.hpp"
#include "platform/auth/access_token.hpp"
#include "platform/auth/identity.hpp"
#include "platform/pg/database.hpp"

namespace roost::accounts {

/// Turns access tokens into people, at every request: the signature is checked once per token and thread, and whether
/// the session lives, and with which roles, is asked of PostgreSQL at most every five seconds per session and thread.
///
/// An ended session is refused at once all the same. Whoever ends one in this process calls forget(); every process,
/// this one too, hears of it through PostgreSQL's channel `session_ended` in the moment the change commits, and hands
/// it to heard(). Should that connection break, what is remembered is at most five seconds old.
/// For all threads; without a lock unless a session has ended.
class live_sessions
{
public:
    static constexpr std::string_view channel = "session_ended";
    static constexpr std::chrono::seconds remembered_for{5};

    live_sessions(pg::database& db, const auth::token_service& tokens, const clock& now);

    /// Nothing when the token is no good or its session has ended. `csrf` gets what the token says about the CSRF
    /// token. Throws pg::unavailable.
    task<std::optional<identity>> who(std::string_view token, std::string& csrf);

    void forget(session_id ended);
    /// Everything; after messages may have been lost.
    void forget_all();
    /// A message of the channel: a session's id.
    void heard(std::string_view payload);

private:
    struct per_thread;
    per_thread& mine() const;
    void catch_up(per_thread& own);

    pg::database& db_;
    const auth::token_service& tokens_;
    const clock& clock_;
    const std::uint64_t instance_;

    // Endings, numbered from 1; each thread reads those that are new to it before it trusts its memory.
    std::atomic<std::uint64_t> latest_{0};
    std::mutex guard_;
    std::deque<session_id> recent_;  // the last of them ends with number latest_
    std::uint64_t everything_before_ = 0;
};

}  // namespace roost::accounts
