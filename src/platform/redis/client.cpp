#include "platform/redis/client.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "platform/observe/metrics.hpp"
#include "platform/redis/connection.hpp"

namespace asio = boost::asio;

namespace roost::redis {
namespace {

std::string sha1_hex(std::string_view text)
{
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (auto byte : digest) hex += {digits[byte >> 4], digits[byte & 15]};
    return hex;
}

std::string wire_of(const std::vector<std::string_view>& words)
{
    std::string wire;
    append_command(wire, words);
    return wire;
}

task<answer<std::int64_t>> integer_of(task<answer<value>> sent)
{
    const auto reply = co_await std::move(sent);
    if (!reply) co_return std::unexpected{reply.error()};
    if (reply->is != value::kind::integer) co_return std::unexpected{failure::refused};
    co_return reply->integer;
}

bool forgotten(const answer<value>& reply)
{
    return reply && reply->is == value::kind::null && reply->text == "NOSCRIPT";
}

}  // namespace

script::script(std::string text) : source{std::move(text)}, sha1{sha1_hex(source)} {}

struct client::state
{
    address to;
    std::chrono::milliseconds budget;
    std::shared_ptr<health> all = std::make_shared<health>();
    /// A slot's connection is touched by its own thread only; the others compare contexts. So no lock is needed.
    struct slot
    {
        std::atomic<asio::io_context*> context = nullptr;
        std::shared_ptr<connection> mine = {};
    };
    std::array<slot, 256> slots = {};
    std::mutex attaching = {};

    slot* of(const asio::execution_context* context)
    {
        auto same = [context](const slot& s) { return s.context.load(std::memory_order_acquire) == context; };
        const auto found = std::ranges::find_if(slots, same);
        return found == slots.end() ? nullptr : &*found;
    }
};

client::client(options how) : state_{std::make_unique<state>(parse_address(how.url), how.budget)} {}

client::~client() = default;

void client::attach(asio::io_context& context)
{
    std::lock_guard lock{state_->attaching};
    auto* slot = state_->of(nullptr);
    if (!slot) throw std::length_error("too many threads for one Redis client");
    slot->mine = std::make_shared<connection>(context, state_->to, state_->budget, state_->all);
    slot->mine->start();
    slot->context.store(&context, std::memory_order_release);
}

void client::detach(asio::io_context& context)
{
    std::lock_guard lock{state_->attaching};
    auto* slot = state_->of(&context);
    if (!slot) return;
    std::exchange(slot->mine, nullptr)->stop();
    slot->context.store(nullptr, std::memory_order_release);
}

task<answer<value>> client::send(std::string wire)
{
    auto executor = co_await asio::this_coro::executor;
    auto* slot = state_->of(&asio::query(executor, asio::execution::context));
    if (!slot) co_return std::unexpected{failure::unavailable};
    auto mine = slot->mine;
    static auto& timing =
        observe::metrics().histogram("roost_redis_seconds", "Time until Redis answered or the budget ended.");
    const observe::timer measured{timing};
    co_return co_await mine->call(std::move(wire));
}

// The commands are written when they are called and sent when they are awaited, so the texts may be gone by then.

task<answer<std::int64_t>> client::del(std::vector<std::string> keys)
{
    std::vector<std::string_view> words{"DEL"};
    words.insert(words.end(), keys.begin(), keys.end());
    return integer_of(send(wire_of(words)));
}

task<answer<value>> client::eval(const script& code, std::vector<std::string> keys, std::vector<std::string> args)
{
    auto count = std::to_string(keys.size());
    std::vector<std::string_view> words{"EVALSHA", code.sha1, count};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), args.begin(), args.end());
    auto reply = co_await send(wire_of(words));
    if (!forgotten(reply)) co_return reply;
    words[0] = "EVAL";
    words[1] = code.source;
    co_return co_await send(wire_of(words));
}

task<answer<value>> client::command(std::vector<std::string> words)
{
    return send(wire_of({words.begin(), words.end()}));
}

bool client::healthy() const { return state_->all->healthy(); }

}  // namespace roost::redis
