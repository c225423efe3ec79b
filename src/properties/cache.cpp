#include "properties/cache.hpp"

#include <format>

#include "core/lru.hpp"

namespace roost::properties {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct entry
{
    rendered reply;
    steady_clock::time_point until;
};

/// One thread's entries; those past their lease stay, to tell hot properties from cold ones.
lru<property_id, entry>& mine()
{
    thread_local lru<property_id, entry> entries{2'000};
    return entries;
}

/// The copy and how many milliseconds it may still be served; or else the time it is.
const redis::script get_or_time{R"(
local text = redis.call('get', KEYS[1])
if text then return {text, redis.call('pttl', KEYS[1])} end
local time = redis.call('time')
return {time[1] * 1000 + math.floor(time[2] / 1000)}
)"};

std::string key_of(property_id id) { return "property:" + id.text(); }

std::string pack(const rendered& r) { return r.etag + '\n' + *r.json; }

std::optional<rendered> unpack(const std::string& text)
{
    const auto line = text.find('\n');
    if (line == text.npos) return std::nullopt;
    return rendered{std::make_shared<const std::string>(text.substr(line + 1)), text.substr(0, line)};
}

}  // namespace

std::optional<rendered> cache::find(property_id id)
{
    const auto* known = mine().find(id);
    if (!known || steady_clock::now() >= known->until) return std::nullopt;
    return known->reply;
}

task<std::expected<rendered, cache::ticket>> cache::look_further(property_id id)
{
    ticket t{steady_clock::now()};
    if (!mine().find(id)) co_return std::unexpected{t};

    const auto got = co_await redis_.eval(get_or_time, {key_of(id)}, {});
    if (!got || got->items.empty()) co_return std::unexpected{ticket{steady_clock::now()}};
    if (got->items.size() == 1)
    {
        t.redis_ms = got->items[0].integer;
        co_return std::unexpected{t};
    }
    auto copy = unpack(got->items[0].text);
    const auto left = milliseconds{got->items[1].integer};
    if (!copy || left <= milliseconds{0} || left > lease) co_return std::unexpected{ticket{steady_clock::now()}};
    mine().put(id, {*copy, t.taken + left});
    co_return *std::move(copy);
}

task<> cache::put(property_id id, rendered r, ticket t)
{
    mine().put(id, {r, t.taken + lease});
    if (!t.redis_ms) co_return;
    // An absolute time: a copy that arrives late is not kept for longer.
    std::vector<std::string> words{"SET", key_of(id), pack(r), "PXAT", std::to_string(*t.redis_ms + lease.count())};
    co_await redis_.command(std::move(words));
}

}  // namespace roost::properties
