#pragma once
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/pg/params.hpp"
#include "platform/pg/rows.hpp"
#include "platform/pg/statement.hpp"
#include "platform/task.hpp"

struct pg_conn;

namespace roost::pg {

using steady = std::chrono::steady_clock;

/// A statement as one thread knows it.
struct known_statement
{
    std::size_t index;  // into every connection's list of what it has prepared
    std::string name;
    std::string sql;
    std::vector<std::pair<const schema::type*, std::shared_ptr<const column_map>>> columns;
};

/// Why a statement failed.
struct failure
{
    std::string sqlstate;  // "08006" when the connection broke
    std::string message;
    std::string constraint = {};
    enum
    {
        refused,    // the server said no
        not_sent,   // no connection in time
        lost,       // the connection broke after it was sent
        timed_out,  // no answer in time, so the connection was dropped
    } how = refused;
};

/// One statement on its way, shared by who waits for it and by its connection, which may outlive each other.
struct operation
{
    known_statement* what;
    params values;
    steady::time_point since = steady::now();
    bool prepares = false;  // its first result answers the preparation
    std::shared_ptr<pg_result> result;
    std::optional<failure> failed;
    bool finished = false;
    bool cancelled = false;
    boost::asio::any_completion_handler<void()> done;

    operation(known_statement& statement, params p) : what{&statement}, values{std::move(p)} {}
    /// Resumes who waits, through the event loop.
    void wake(const boost::asio::any_io_executor& on);
    void fail(failure why, const boost::asio::any_io_executor& on);
};
using operation_ptr = std::shared_ptr<operation>;

enum class cancelling
{
    allowed,
    refused,
};
/// Waits until the operation has finished. When cancelled, throws system_error(operation_aborted) at once; the
/// statement goes on and its answer is thrown away.
task<> finished(operation_ptr op, boost::asio::any_io_executor on, cancelling c = cancelling::allowed);

class connection;

/// Who keeps a connection and hears of it.
struct connection_owner
{
    virtual void opened(connection&) = 0;
    /// It is closed, its operations have failed.
    virtual void lost(connection&, const std::string& why) = 0;
    /// Operations have finished.
    virtual void progressed(connection&) {}
    virtual void ran(const operation&, steady::time_point /*now*/) {}
    virtual void notified(const char* /*channel*/, const char* /*payload*/) {}

protected:
    ~connection_owner() = default;
};

/// One connection in pipeline mode: statements are sent without waiting for earlier answers, each with a sync of its
/// own, so that one failing does not disturb its neighbours. What is sent during one turn of the event loop leaves
/// in one write.
class connection final : public std::enable_shared_from_this<connection>
{
public:
    using settings = std::vector<std::pair<std::string, std::string>>;

    connection(boost::asio::any_io_executor on, connection_owner& owner) : executor_{std::move(on)}, owner_{&owner} {}
    ~connection() { close(); }
    connection(const connection&) = delete;

    /// Starts connecting; the owner hears how it ends.
    void open(const settings& parameters);
    /// Sends as soon as the event loop turns.
    void send(operation_ptr op);
    /// Closes it and fails what is in flight; the owner hears of it.
    void lose(std::string why, bool timed_out = false);
    /// Closes it without a word to anybody and destroys those who wait.
    void shut_down();

    /// `copy … from stdin`, with nothing in flight: see tx::copy. The operation carries the result or failure.
    task<> copy(operation_ptr op, std::function<bool(std::string&)> more);

    bool ready() const { return phase_ == phase::ready; }
    bool closed() const { return phase_ == phase::closed; }
    std::size_t in_flight() const { return in_flight_.size(); }
    /// When the oldest operation was sent; connecting, when that began.
    std::optional<steady::time_point> waiting_since() const;
    /// How long the server has been busy with what it does now.
    steady::duration busy_for(steady::time_point now) const;
    /// Neither inside a transaction nor a COPY.
    bool clean() const;

    bool leased = false;           // somebody has it to himself
    bool established = false;      // it was open once
    bool touched_session = false;  // a SET or LISTEN was run: undo before the next user
    bool outdated = false;         // its prepared statements no longer fit the schema
    steady::time_point idle_since = steady::now();

private:
    enum class phase
    {
        connecting,
        ready,
        closed,
    };

    enum class preparation : std::uint8_t
    {
        none,
        asked,
        done,
    };

    boost::asio::any_io_executor executor_;
    connection_owner* owner_;
    pg_conn* raw_ = nullptr;
    std::unique_ptr<boost::asio::posix::stream_descriptor> socket_;
    phase phase_ = phase::connecting;
    std::deque<operation_ptr> in_flight_;
    std::vector<preparation> prepared_;  // by index of known_statement
    steady::time_point busy_since_ = steady::now();
    bool flush_planned_ = false;
    bool waiting_to_write_ = false;
    bool copying_ = false;

    void close();
    void step();
    void watch_socket();
    void await_input();
    void on_input();
    void take_results();
    void take_notifications();
    bool take_result(pg_result* raw);
    void record_error(operation& op, const std::shared_ptr<pg_result>& r);
    void finish_oldest();
    void plan_flush();
    void flush();
    preparation& preparation_of(const known_statement& s);
    bool hand_over(operation& op);

    struct copying;
};

failure failure_of(pg_result* r);

}  // namespace roost::pg
