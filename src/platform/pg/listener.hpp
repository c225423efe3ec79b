#pragma once
#include <memory>
#include <string>
#include <vector>

#include "platform/pg/database.hpp"

namespace roost::pg {

struct notification
{
    std::string channel;
    std::string payload;
    /// The connection is new, so notifications may have been missed: forget what depends on them. No payload.
    bool gap = false;
};

/// LISTEN on a connection of its own, which reconnects by itself. For one coroutine on one io_context.
/// A writer sends `select pg_notify('channel', $1)` inside its transaction: it arrives once that has committed.
class listener
{
    struct state;
    std::shared_ptr<state> state_;

public:
    listener(boost::asio::io_context& on, config c, std::vector<std::string> channels);
    ~listener();

    /// The next one; the first is a gap. Notices a dead server within some seconds. Throws only when cancelled.
    task<notification> next();
};

}  // namespace roost::pg
