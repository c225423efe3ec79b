#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "core/id.hpp"
#include "platform/http/message.hpp"
#include "platform/redis/client.hpp"
#include "platform/task.hpp"

namespace roost::properties {

/// A public property as it is sent.
struct rendered
{
    http::shared_bytes json;
    std::string etag;  // quoted
};

/// The replies for hot properties: per thread, then in Redis. What is in here was read from the database less than
/// `lease` ago, always and everywhere; a writer who waits for `settling` after the commit therefore knows that nobody
/// serves the old version any more. No messages are needed, so none can be lost (docs/adr/0010).
class cache
{
public:
    /// Not a setting: all processes must agree on it.
    static constexpr std::chrono::milliseconds lease{100};
    /// The lease and the roundings of Redis's clock.
    static constexpr std::chrono::milliseconds settling = lease + std::chrono::milliseconds{5};

    explicit cache(redis::client& redis) : redis_{redis} {}

    /// What this thread may still serve.
    std::optional<rendered> find(property_id id);

    /// Taken before the database is read; says until when what was read may be served.
    struct ticket
    {
        std::chrono::steady_clock::time_point taken;
        std::optional<std::int64_t> redis_ms = {};  // Redis's clock at that time, if it was asked
    };
    /// To be called after `find` found nothing: either somebody else's fresh copy, or a ticket for reading. Redis is
    /// asked only for what this thread has served before, so that reads of cold properties cost nothing more.
    task<std::expected<rendered, ticket>> look_further(property_id id);

    task<> put(property_id id, rendered r, ticket t);

private:
    redis::client& redis_;
};

}  // namespace roost::properties
