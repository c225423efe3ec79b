#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/http/message.hpp"

namespace boost::asio {
class io_context;
}

namespace roost::http {

struct server_config
{
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;  // 0: any free one
    std::size_t threads = 0;    // 0: one for each core
    std::size_t max_connections = 10'000;
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 1024 * 1024;
    std::chrono::milliseconds header_timeout{10'000};   // first byte of a request to the end of its header
    std::chrono::milliseconds body_timeout{30'000};     // end of header to end of body
    std::chrono::milliseconds idle_timeout{75'000};     // between requests
    std::chrono::milliseconds request_timeout{30'000};  // the endpoint; then 503. Also request::deadline
    std::chrono::milliseconds write_timeout{30'000};    // the reply, to be taken by the client
    std::chrono::milliseconds drain_timeout{25'000};    // requests that run when the server is asked to end
    bool compression = true;
    std::size_t compression_min_bytes = 1024;
    std::vector<std::string> trusted_proxies = {};  // addresses or networks, "10.0.0.0/8"
    std::vector<std::string> cors_origins = {};     // "https://app.example"; "*" is any, without credentials
    std::vector<std::string> hosts = {};            // names it is called by, without port; empty: any
    std::string tls_certificate_file = {};          // PEM chain; with the key: serve TLS
    std::string tls_key_file = {};
    bool access_log = true;
    std::vector<std::string> secret_below = {};  // paths; what follows them is not logged
    bool development = false;                    // Server-Timing
};

/// Called on every serving thread with its io_context: `on_start` before it accepts (pools attach themselves here),
/// `on_drain` when it is asked to end, `idle` then every now and then: a thread that has other work than requests to
/// finish says so (within drain_timeout), `on_stop` when the last is done, before the io_context ends (pools close).
struct thread_hooks
{
    std::function<void(boost::asio::io_context&)> on_start = {};
    std::function<void(boost::asio::io_context&)> on_drain = {};
    std::function<bool(boost::asio::io_context&)> idle = {};
    std::function<void(boost::asio::io_context&)> on_stop = {};
};

/// Serves one endpoint over HTTP/1.1 on `threads` threads, each with its own io_context and its own listening socket.
class server
{
    struct state;
    std::unique_ptr<state> state_;

public:
    /// Binds and listens. Throws std::system_error naming the address when it is taken, std::invalid_argument on a
    /// setting that cannot be.
    server(server_config config, endpoint serve, thread_hooks hooks = {});
    /// Ends at once whatever still runs.
    ~server();

    std::uint16_t port() const noexcept;

    /// Starts the threads. Returns when all of them accept.
    void start();
    /// From any thread: no new connections, running requests are finished and answered with `Connection: close`,
    /// what is not done after drain_timeout is cut off.
    void drain();
    /// From any thread: ends at once.
    void stop();
    /// Waits until every thread has ended; rethrows what a start hook threw.
    void wait();

    /// start(), then drain() on the first SIGINT or SIGTERM and stop() on the second; returns when ended.
    void run();
};

}  // namespace roost::http
