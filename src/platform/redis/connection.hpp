#pragma once
#include <atomic>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/redis/resp3/parser.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "platform/redis/address.hpp"
#include "platform/redis/client.hpp"

namespace roost::redis {

/// The connections of one client, counted by how they are. Says so in the log when the first breaks and when the last
/// is back.
class health
{
    std::atomic<int> attached_{0}, up_{0}, broken_{0};

public:
    void attached(int change) { attached_ += change; }
    void up(int change) { up_ += change; }
    void broken(std::string_view why);
    void mended();
    bool healthy() const { return attached_ > 0 && attached_ == up_; }
};

/// One message as the parser hands it out, or the error Redis replied.
struct message
{
    bool error = false;
    value content;
};

/// Appends one command in Redis' wire form.
void append_command(std::string& wire, const std::vector<std::string_view>& words);

/// One connection and the calls waiting on it. Boost.Redis writes commands and parses replies; the socket is ours
/// because its own connection knows no unix sockets and gives up the whole connection to abandon one late reply.
class connection : public std::enable_shared_from_this<connection>
{
public:
    connection(boost::asio::io_context& context, address to, std::chrono::milliseconds budget,
               std::shared_ptr<health> all);

    void start();
    /// On the context's thread. What still runs holds the connection until it has ended.
    void stop();
    /// One command in wire form, one reply.
    task<answer<value>> call(std::string wire);

private:
    using clock = std::chrono::steady_clock;
    using handler = boost::asio::any_completion_handler<void(answer<value>)>;
    struct waiting
    {
        clock::time_point sent;
        handler done;  // empty once abandoned: the reply is still to come and is thrown away
    };

    task<> run();
    task<> open();
    task<> handshake();
    task<> read();
    task<> write();
    task<> heartbeat();
    task<message> next();
    void deliver(message m);
    void arm();
    void expire();
    void set_up(bool up, std::string_view why);
    void close();
    void finish(waiting& w, answer<value> result);

    boost::asio::io_context& context_;
    address to_;
    std::chrono::milliseconds budget_;
    std::shared_ptr<health> all_;  // shared: what runs on the io_context may outlive the client
    boost::asio::generic::stream_protocol::socket socket_;
    boost::asio::steady_timer deadline_, pause_, beat_;
    boost::redis::resp3::parser parser_;
    std::string in_, out_;
    std::size_t in_used_ = 0;
    std::deque<waiting> waiting_;
    int late_ = 0;
    bool armed_ = false, writing_ = false, stopped_ = false, announced_ = false, up_ = false;
};

}  // namespace roost::redis
