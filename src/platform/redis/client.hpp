#pragma once
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/task.hpp"

namespace boost::asio {
class io_context;
}

namespace roost::redis {

/// Why there is no answer. Callers go on without Redis in either case; nothing here throws.
enum class failure
{
    unavailable,  ///< down, or slower than the budget: it may or may not have been done
    refused,      ///< Redis said no: out of memory, wrong type of key, a script's error
};

template <class T>
using answer = std::expected<T, failure>;

/// What Redis replied: nothing, a text, a number, or a list of those.
struct value
{
    enum class kind
    {
        null,
        text,
        integer,
        list
    };
    kind is = kind::null;
    std::string text = {};
    std::int64_t integer = 0;
    std::vector<value> items = {};
};

/// A Lua script, sent by its hash; Redis gets the text again whenever it has forgotten it.
struct script
{
    std::string source;
    std::string sha1;

    explicit script(std::string source);
};

struct options
{
    /// redis://[user:password@]host[:port][/db] or unix:///path/to/socket[?db=n], with [user:password@] as well.
    std::string url;
    /// The longest a caller ever waits.
    std::chrono::milliseconds budget{50};
};

class connection;

/// Redis as something one can lose at any moment: every call answers within the budget, with `unavailable` when Redis
/// does not. After a few late replies in a row, or a broken connection, calls answer at once while the connection is
/// made again in the background. A change of that state is logged once for the process.
/// One connection per attached thread; calls use the one of the io_context they run on.
class client
{
public:
    /// Throws std::invalid_argument when the URL cannot be understood.
    explicit client(options how);
    ~client();
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    /// Connects on behalf of the thread that runs `context`; the context must be detached before it dies. From any
    /// thread; at most 256 contexts.
    void attach(boost::asio::io_context& context);
    /// Ends that connection; pending calls answer `unavailable`, and the context may run out of work. On the thread
    /// that runs the context, or while nobody runs it.
    void detach(boost::asio::io_context& context);

    /// How many of the keys there were.
    task<answer<std::int64_t>> del(std::vector<std::string> keys);
    /// `code` must outlive the call.
    task<answer<value>> eval(const script& code, std::vector<std::string> keys, std::vector<std::string> args);
    /// Any command, one string a word.
    task<answer<value>> command(std::vector<std::string> words);

    /// True when every attached thread has a working connection. From any thread.
    bool healthy() const;

private:
    struct state;
    std::unique_ptr<state> state_;

    task<answer<value>> send(std::string wire);
};

}  // namespace roost::redis
