#pragma once
#include <atomic>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "platform/pg/connection.hpp"
#include "platform/pg/database.hpp"

namespace roost::pg {

/// What a pool's thread last published for other threads to read.
struct alignas(64) gauges
{
    std::atomic<int> open = 0, busy = 0, waiting = 0, in_flight = 0;
};

/// What all threads share.
struct database::shared
{
    config settings;
    connection::settings parameters;     // of libpq
    std::atomic<bool> reachable = true;  // as last said
    std::mutex guard;
    std::vector<std::shared_ptr<gauges>> threads;  // under guard

    explicit shared(config c);
};

/// A connection for one user. Whatever state it was left in, the next user gets a clean one.
class lease
{
    std::shared_ptr<pool> pool_;
    std::shared_ptr<connection> connection_;

public:
    lease(std::shared_ptr<pool> p, std::shared_ptr<connection> c) : pool_{std::move(p)}, connection_{std::move(c)} {}
    lease(lease&&) = default;
    lease& operator=(lease&&) = delete;
    ~lease();

    connection& operator*() const { return *connection_; }
    connection* operator->() const { return connection_.get(); }
    pool& owner() const { return *pool_; }
};

/// One thread's connections: some shared by all statements outside transactions, some for one user at a time.
class pool final : public connection_owner, public std::enable_shared_from_this<pool>
{
public:
    pool(boost::asio::any_io_executor on, std::shared_ptr<database::shared> of);

    /// The calling context's pool.
    static std::shared_ptr<pool> of(const boost::asio::any_io_executor& on,
                                    const std::shared_ptr<database::shared>& database);

    const config& settings() const { return shared_->settings; }
    const boost::asio::any_io_executor& executor() const { return executor_; }

    known_statement& known(const statement& s);
    /// Sends over a shared connection, at once or as soon as there is one; fails it when that takes too long.
    void submit(operation_ptr op);
    /// Throws unavailable when none is free in time.
    task<lease> acquire();
    void give_back(const std::shared_ptr<connection>& c);

    static void disconnect(boost::asio::execution_context& of, const std::shared_ptr<database::shared>& database);
    /// Closes what is idle now and the rest when it comes back; the next statement opens it again.
    void disconnect();
    /// The io_context ends: no handler will run again.
    void shut_down();

private:
    struct waiter;
    using connection_ptr = std::shared_ptr<connection>;

    boost::asio::any_io_executor executor_;
    std::shared_ptr<database::shared> shared_;
    std::shared_ptr<gauges> gauges_ = std::make_shared<gauges>();
    std::optional<boost::asio::steady_timer> timer_;
    std::unordered_map<std::string_view, std::unique_ptr<known_statement>> statements_;

    std::vector<connection_ptr> pipelined_;  // connecting or ready
    std::deque<operation_ptr> pending_;      // wait for one of those
    std::vector<connection_ptr> exclusive_;  // all: connecting, idle, leased or coming back
    std::vector<connection_ptr> idle_;       // the freshest last
    std::deque<std::shared_ptr<waiter>> waiters_;

    enum class phase
    {
        stopped,
        running,
        shut_down,
    } phase_ = phase::stopped;
    int failures_ = 0;  // in a row
    steady::time_point next_attempt_{};

    void opened(connection& c) override;
    void lost(connection& c, const std::string& why) override;
    void progressed(connection& c) override;
    void ran(const operation& op, steady::time_point now) override;

    void start();
    void tick();
    void maintain();
    void connect(std::vector<connection_ptr>& into);
    connection* least_loaded();
    void send_pending();
    void offer(const connection_ptr& c);
    void put_down(const connection_ptr& c);
    void drop_overdue(steady::time_point now);
    void close_idle(steady::time_point now);
    void publish();
    void say_reachable(bool yes, const std::string& why);
};

/// Throws what a failure means to the caller. In a transaction a conflict or a lost connection can be tried again.
[[noreturn]] void raise(const failure& f, const config& c, bool in_transaction);

/// The work can be run again from the start.
struct conflict : unavailable
{
    std::string sqlstate;
    conflict(const std::string& what, std::string state) : unavailable{what}, sqlstate{std::move(state)} {}
};

/// Waits before the next attempt, longer each time, never the same for two who collided.
task<> back_off(int attempt);

}  // namespace roost::pg
