#include "accounts/live_sessions.hpp"

#include <unordered_map>

#include "accounts/queries.hpp"
#include "accounts/store.hpp"

using std::chrono::steady_clock;

namespace roost::accounts {
namespace {

constexpr std::size_t most_recent = 1024;        // endings kept for threads that have not looked yet
constexpr std::size_t most_remembered = 20'000;  // sessions per thread

struct memory
{
    identity who;
    steady_clock::time_point until;
};

std::atomic<std::uint64_t> instances{0};

}  // namespace

struct live_sessions::per_thread
{
    std::uint64_t instance = 0;
    std::optional<auth::verified_tokens> tokens = {};
    std::unordered_map<session_id, memory> sessions = {};
    std::uint64_t read = 0;  // the last ending this thread knows
};

live_sessions::live_sessions(pg::database& db, const auth::token_service& tokens, const clock& now)
    : db_{db}, tokens_{tokens}, clock_{now}, instance_{++instances}
{}

live_sessions::per_thread& live_sessions::mine() const
{
    thread_local per_thread own;
    if (own.instance != instance_)
    {
        own.sessions.clear();
        own.tokens.emplace(tokens_, clock_);
        own.read = 0;
        own.instance = instance_;
    }
    return own;
}

void live_sessions::catch_up(per_thread& own)
{
    if (latest_.load(std::memory_order_acquire) == own.read) return;
    std::lock_guard lock{guard_};
    const auto latest = latest_.load(std::memory_order_relaxed);
    const auto oldest_kept = latest - recent_.size();
    if (own.read < oldest_kept || own.read < everything_before_)
        own.sessions.clear();
    else
        for (auto i = own.read; i < latest; ++i) own.sessions.erase(recent_[i - oldest_kept]);
    own.read = latest;
}

task<std::optional<identity>> live_sessions::who(std::string_view token, std::string& csrf)
{
    auto says = mine().tokens->verify(token);
    if (!says) co_return std::nullopt;
    csrf = std::move(says->csrf);

    auto& own = mine();
    catch_up(own);
    const auto now = steady_clock::now();
    if (const auto found = own.sessions.find(says->session); found != own.sessions.end())
    {
        if (found->second.until > now && found->second.who.user == says->user) co_return found->second.who;
        own.sessions.erase(found);
    }
    const auto before = latest_.load(std::memory_order_acquire);
    const auto live = co_await db_.one<live_session>(sql::find_live_session, says->session, says->user, clock_.now());
    if (!live) co_return std::nullopt;
    // What ended while the question was on its way may be missing from the answer: use it, but do not remember it.
    if (latest_.load(std::memory_order_acquire) == before)
    {
        if (own.sessions.size() >= most_remembered) own.sessions.clear();
        own.sessions.insert_or_assign(says->session, memory{live->who(), now + remembered_for});
    }
    co_return live->who();
}

void live_sessions::forget(session_id ended)
{
    std::lock_guard lock{guard_};
    recent_.push_back(ended);
    if (recent_.size() > most_recent) recent_.pop_front();
    latest_.fetch_add(1, std::memory_order_release);
}

void live_sessions::forget_all()
{
    std::lock_guard lock{guard_};
    recent_.clear();
    everything_before_ = latest_.fetch_add(1, std::memory_order_release) + 1;
}

void live_sessions::heard(std::string_view payload)
{
    if (const auto ended = session_id::parse(payload)) forget(*ended);
}

}  // namespace roost::accounts
