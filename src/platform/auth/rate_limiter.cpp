#include "platform/auth/rate_limiter.hpp"

#include <algorithm>
#include <climits>
#include <mutex>
#include <unordered_map>

#include "platform/redis/client.hpp"

using namespace std::chrono;

namespace roost::auth {
namespace {

/// GCRA over all keys at once: KEYS[i] holds the moment, in microseconds, at which bucket i is full again. ARGV has
/// count and period of each. Replies {refused, index of the tightest, remaining, reset, retry}, times in microseconds.
const redis::script take_script{R"lua(
local t = redis.call('time')
local now = t[1] * 1000000 + t[2]
local refused, tightest, least, reset, retry = 0, 1, math.huge, 0, 0
local fresh = {}
for i, key in ipairs(KEYS) do
  local count, per = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local full = math.max(tonumber(redis.call('get', key) or 0) or 0, now) + per / count
  local wait = full - per - now
  if wait > 0 then
    if wait > retry then refused, tightest, least, reset, retry = 1, i, 0, full - per / count - now, wait end
  elseif refused == 0 then
    local left = math.floor((now + per - full) * count / per)
    if left < least then tightest, least, reset = i, left, full - now end
  end
  fresh[i] = full
end
if refused == 0 then
  for i, key in ipairs(KEYS) do
    redis.call('set', key, string.format('%.0f', fresh[i]), 'px', math.ceil((fresh[i] - now) / 1000))
  end
end
return {refused, tightest, least, math.ceil(reset), math.ceil(retry)}
)lua"};

std::string key_of(const budget& b)
{
    std::string key = "rate:";
    key += b.name;
    key += ':';
    return key += b.subject;
}

milliseconds round_up(std::int64_t micros) { return ceil<milliseconds>(microseconds{micros}); }

/// The same arithmetic in this process.
class local_buckets
{
    std::mutex guard_;
    std::unordered_map<std::string, std::int64_t> full_at_;
    std::size_t most_;

public:
    explicit local_buckets(std::size_t most) : most_{most} {}

    verdict take(const std::vector<budget>& budgets)
    {
        auto now = duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
        std::lock_guard lock{guard_};
        make_room(budgets.size(), now);
        verdict v{.allowed = true, .remaining = INT_MAX};
        std::vector<std::int64_t> fresh;
        for (const auto& b : budgets)
        {
            auto per = microseconds{b.allowed.per}.count();
            auto found = full_at_.find(key_of(b));
            if (found == full_at_.end() && full_at_.size() + budgets.size() > most_)
                return {.allowed = false, .tightest = b, .reset = b.allowed.per, .retry_after = 1s};
            auto full = std::max(found == full_at_.end() ? 0 : found->second, now) + per / b.allowed.count;
            auto wait = full - per - now;
            if (wait > 0 && round_up(wait) > v.retry_after)
                v = {false, b, 0, round_up(full - now), round_up(wait)};
            else if (int left = static_cast<int>((now + per - full) * b.allowed.count / per);
                     v.allowed && left < v.remaining)
                v = {true, b, left, round_up(full - now), 0ms};
            fresh.push_back(full);
        }
        for (std::size_t i = 0; v.allowed && i < budgets.size(); ++i) full_at_[key_of(budgets[i])] = fresh[i];
        return v;
    }

    void refill(const budget& b)
    {
        std::lock_guard lock{guard_};
        full_at_.erase(key_of(b));
    }

private:
    void make_room(std::size_t more, std::int64_t now)
    {
        if (full_at_.size() + more > most_) std::erase_if(full_at_, [now](const auto& e) { return e.second <= now; });
    }
};

}  // namespace

error verdict::refusal() const
{
    return {.code = errc::too_many_requests,
            .detail = "Too many attempts; try again later.",
            .retry_after = std::max(ceil<seconds>(retry_after), 1s),
            .limit = limit_reached{tightest.name, tightest.allowed.count, tightest.allowed.per}};
}

struct rate_limiter::state
{
    redis::client& redis;
    local_buckets local;

    state(redis::client& r, std::size_t most_local) : redis{r}, local{most_local} {}
};

rate_limiter::rate_limiter(redis::client& redis, std::size_t most_local)
    : state_{std::make_unique<state>(redis, most_local)}
{}

rate_limiter::~rate_limiter() = default;

task<verdict> rate_limiter::take(std::vector<budget> budgets)
{
    std::erase_if(budgets, [](const budget& b) { return b.allowed.count <= 0; });
    if (budgets.empty()) co_return verdict{};
    std::vector<std::string> keys, args;
    for (const auto& b : budgets)
    {
        keys.push_back(key_of(b));
        args.push_back(std::to_string(b.allowed.count));
        args.push_back(std::to_string(microseconds{b.allowed.per}.count()));
    }
    auto reply = co_await state_->redis.eval(take_script, std::move(keys), std::move(args));
    if (!reply || reply->items.size() != 5) co_return state_->local.take(budgets);
    auto number = [&](std::size_t i) { return reply->items[i].integer; };
    auto at = static_cast<std::size_t>(number(1) - 1);
    if (at >= budgets.size()) co_return state_->local.take(budgets);
    verdict v{number(0) == 0, std::move(budgets[at]), static_cast<int>(number(2)), round_up(number(3)),
              round_up(number(4))};
    co_return v;
}

task<> rate_limiter::refill(budget b)
{
    state_->local.refill(b);
    std::vector<std::string> keys{key_of(b)};
    (void)co_await state_->redis.del(std::move(keys));
}

}  // namespace roost::auth
