#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/http/connection.hpp"
#include "platform/http/cors.hpp"
#include "platform/http/forwarded.hpp"
#include "platform/http/hosts.hpp"
#include "platform/http/server.hpp"
#include "platform/observe/metrics.hpp"

/// Inside of the server: not for use outside platform/http.
namespace roost::http {

using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// What the threads of one server share. Read-only but for the count.
struct shared_state
{
    server_config config;
    endpoint serve;
    thread_hooks hooks;
    cors origins;
    http::hosts hosts;
    trusted_proxies proxies;
    std::optional<boost::asio::ssl::context> tls;
    std::atomic<std::size_t> connections{0};
};

/// One serving thread: its io_context, its listening socket, its connections. Everything but the constructor, drain()
/// and stop() happens on that thread.
class worker
{
    using time_point = std::chrono::steady_clock::time_point;

    struct series
    {
        const char* route;
        method m;
        int status_class;
        bool operator==(const series&) const = default;
    };
    struct series_hash
    {
        std::size_t operator()(const series& s) const noexcept;
    };

    shared_state& shared_;
    std::vector<connection*> connections_;
    std::unordered_map<series, observe::histogram*, series_hash> histograms_;
    std::string access_lines_;
    std::string date_;
    std::time_t date_second_ = 0;
    bool draining_ = false;
    time_point drain_until_ = time_point::max();
    observe::gauge& lag_;
    observe::gauge& open_;
    observe::gauge& running_;

    // Guards io_ against its end while another thread posts to it.
    std::mutex ending_;
    // Last, so that it ends first: destroying it destroys coroutines, and those take themselves off the list above.
    std::optional<boost::asio::io_context> io_;
    std::optional<acceptor> acceptor_;
    std::optional<boost::asio::steady_timer> tick_;

    task<> accept();
    task<> watch();
    void take(socket s);
    void look_after(time_point now);
    void begin_drain();
    void finish_if_idle();
    void run_context();
    void end();
    void write_access_lines();
    observe::histogram& histogram_of(const request& r, const response& answer);

public:
    worker(shared_state& shared, const boost::asio::ip::tcp::endpoint& at, std::size_t index);
    ~worker();

    std::uint16_t port() const { return acceptor_->local_endpoint().port(); }
    /// The thread's whole life. `started` is fulfilled when connections are accepted, or fails with what on_start
    /// threw.
    void run(std::promise<void>& started);
    void drain();
    void stop();

    shared_state& shared() { return shared_; }
    boost::asio::io_context& io() { return *io_; }
    std::string_view date() const { return date_; }
    bool draining() const { return draining_; }
    observe::gauge& running() { return running_; }

    void joined(connection& c);
    void left(connection& c);
    /// What the endpoint says, unless the request is not for it to answer; 500 when it throws.
    task<response> answer(request& r);
    /// As much of the path as may stand in logs.
    std::string_view logged_path(const request& r) const;
    /// Counts and logs one answered request.
    void answered(const request& r, const response& answer, std::size_t bytes, time_point now);
};

}  // namespace roost::http
