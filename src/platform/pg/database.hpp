#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/error.hpp"
#include "platform/pg/error.hpp"
#include "platform/pg/params.hpp"
#include "platform/pg/rows.hpp"
#include "platform/pg/statement.hpp"
#include "platform/task.hpp"

namespace roost::pg {

using std::chrono::milliseconds;

/// Told what happens, on the thread where it happens; must not block or throw.
struct observer
{
    virtual ~observer() = default;
    /// `sqlstate` is empty when all went well, "08006" when the connection broke.
    virtual void ran(std::string_view statement, std::chrono::nanoseconds took, std::string_view sqlstate) = 0;
    /// How long a transaction or a slow statement waited for its connection.
    virtual void waited(std::chrono::nanoseconds) {}
    virtual void retried(std::string_view /*sqlstate*/) {}
    /// The server became reachable or unreachable; said once by whichever thread notices first.
    virtual void reachable(bool /*yes*/, std::string_view /*why*/) {}
};

struct config
{
    std::string url;           // postgresql://user:password@host:port/name, or libpq's key=value form
    int pipelined = 3;         // connections per thread that statements outside transactions share
    int exclusive = 8;         // connections per thread for transactions and slow statements
    int most_waiting = 1'000;  // per thread and kind; who comes later is refused at once
    int retries = 5;           // of a transaction after a conflict
    milliseconds wait{2'000};  // for a connection
    milliseconds connect{3'000};
    milliseconds statement{5'000};  // the server gives up a statement after this, and we shortly after
    milliseconds lock{3'000};       // the server gives up waiting for a lock
    milliseconds idle_in_transaction{10'000};
    std::string application_name = "roost";
    /// What a violated constraint, by its name, means to the caller.
    std::map<std::string, error, std::less<>> constraints = {};
    std::shared_ptr<observer> watch = {};
};

struct counts
{
    int open;       // connections
    int busy;       // connections held by a transaction or a slow statement
    int waiting;    // for a connection
    int in_flight;  // statements sent and not answered
};

/// What runs statements: the database itself (each statement on its own) or a transaction.
/// Throws sql_error, unavailable or outcome_unknown.
class queryable
{
protected:
    virtual task<rows> execute(statement s, params p, const schema::type* t) = 0;
    ~queryable() = default;

    template <class... A>
    static params encode(const A&... a)
    {
        params p;
        (p.add(a), ...);
        return p;
    }

private:
    template <class T>
    task<std::vector<T>> all_of(statement s, params p)
    {
        const rows r = co_await execute(s, std::move(p), &schema::type_of<T>);
        co_return r.all<T>();
    }
    template <class T>
    task<std::optional<T>> one_of(statement s, params p)
    {
        const rows r = co_await execute(s, std::move(p), &schema::type_of<T>);
        co_return r.one<T>();
    }
    task<std::int64_t> run_it(statement s, params p);

public:
    /// Every row. T is what schema describes: a scalar for one column, a struct by the names of its columns.
    template <class T, class... A>
    task<std::vector<T>> all(statement s, const A&... a)
    {
        return all_of<T>(s, encode(a...));
    }
    /// The first row, or nothing when there is none.
    template <class T, class... A>
    task<std::optional<T>> one(statement s, const A&... a)
    {
        return one_of<T>(s, encode(a...));
    }
    /// How many rows it changed.
    template <class... A>
    task<std::int64_t> run(statement s, const A&... a)
    {
        return run_it(s, encode(a...));
    }
};

class pool;
class lease;

/// A transaction in progress. Rolled back when it ends without a commit, also when its coroutine is destroyed.
class tx final : public queryable
{
    struct state;
    std::unique_ptr<state> state_;
    friend class database;

    explicit tx(std::unique_ptr<state> s);
    task<rows> execute(statement s, params p, const schema::type* t) override;
    void send(statement s, params p);
    task<> commit();

public:
    tx(const tx&) = delete;
    ~tx();

    /// Sends without waiting for the answer. Its error surfaces at the next awaited statement, or at the commit.
    template <class... A>
    void queue(statement s, const A&... a)
    {
        send(s, encode(a...));
    }
    /// Called in order once the commit is acknowledged; forgotten otherwise. Must not throw.
    void after_commit(std::function<void()> effect);

    /// `copy … from stdin`: asks `more` for chunks of COPY's text format (fill the empty string; false ends it) and
    /// holds one chunk at a time. Rows copied. `append_copy` writes the format.
    task<std::int64_t> copy(statement s, std::function<bool(std::string& chunk)> more);
};

/// Appends one line of COPY's text format.
void append_copy(std::string& chunk, const params& row);

enum class isolation
{
    read_committed,
    repeatable_read,
    serializable,
};

/// The database, shared by all threads. A thread's connections belong to the io_context the caller runs on and are
/// opened at its first statement; they keep that context busy until it is stopped or `disconnect` is called on it.
class database final : public queryable
{
public:
    struct shared;

private:
    std::shared_ptr<shared> shared_;

    task<rows> execute(statement s, params p, const schema::type* t) override;
    task<std::optional<error>> transact(std::function<task<bool>(tx&)> work, isolation level);

    template <class F>
    using outcome_of = typename std::invoke_result_t<F&, tx&>::value_type;

public:
    explicit database(config c);
    ~database();

    /// Runs `work` (tx& → task<result<X>>) between begin and commit. Rolls back when it returns an error or throws.
    /// Runs it again, from the start, after a serialization failure, a deadlock or a connection lost before the
    /// commit; so what it changes outside of the database belongs into after_commit. A violated constraint the
    /// application knows becomes its error. Throws unavailable when the retries are used up, outcome_unknown when
    /// the answer to the commit was lost.
    template <class F>
    task<outcome_of<F>> transaction(F work, isolation level = isolation::read_committed)
    {
        std::optional<outcome_of<F>> out;
        std::function<task<bool>(tx&)> body = [&](tx& t) -> task<bool> {
            out.emplace(co_await work(t));
            co_return out->has_value();
        };
        if (auto refused = co_await transact(std::move(body), level)) co_return std::unexpected{std::move(*refused)};
        co_return std::move(*out);
    }

    /// Over all threads.
    counts now() const;
    /// Closes the idle connections of the calling context and those in use when they come back.
    void disconnect(boost::asio::execution_context& of);
};

}  // namespace roost::pg
