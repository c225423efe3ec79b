#include "platform/pg/database.hpp"

#include <libpq-fe.h>

#include <boost/asio/this_coro.hpp>
#include <format>
#include <utility>

#include "platform/pg/pool.hpp"

namespace roost::pg {

namespace asio = boost::asio;

namespace {

constexpr statement begins[] = {
    {"pg.begin", "begin"},
    {"pg.begin_repeatable_read", "begin isolation level repeatable read"},
    {"pg.begin_serializable", "begin isolation level serializable"},
};
constexpr statement commits{"pg.commit", "commit"};
constexpr statement rolls_back{"pg.rollback", "rollback"};

/// libpq's settings of a connection: the url's, then ours. Throws std::invalid_argument for a broken url.
connection::settings parameters_of(const config& c)
{
    char* fault = nullptr;
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> parsed{PQconninfoParse(c.url.c_str(), &fault),
                                                                                PQconninfoFree};
    const std::unique_ptr<char, void (*)(void*)> fault_text{fault, PQfreemem};
    if (!parsed)
        throw std::invalid_argument(std::format("the database's url is wrong: {}", fault ? fault : "no memory"));

    connection::settings out;
    // No JIT: compiling takes longer than any statement of ours runs. client_connection_check_interval: the server
    // stops working for a connection that we have given up.
    auto options = std::format(
        "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} "
        "-c client_connection_check_interval=1000 -c jit=off -c timezone=UTC",
        c.statement.count(), c.lock.count(), c.idle_in_transaction.count());
    for (const auto* o = parsed.get(); o->keyword; ++o)
    {
        if (!o->val) continue;
        if (const std::string_view name = o->keyword; name == "options")
            options += std::format(" {}", o->val);  // the last one wins
        else
            out.emplace_back(name, o->val);
    }
    out.emplace_back("options", options);
    out.emplace_back("client_encoding", "UTF8");
    out.emplace_back("fallback_application_name", c.application_name);
    return out;
}

/// A conflict with somebody else: the same thing done again may well succeed.
bool is_conflict(std::string_view sqlstate)
{
    return sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "26000";
}

/// The server's or the machine's trouble, not the statement's.
bool is_trouble(std::string_view sqlstate)
{
    for (const std::string_view family : {"08", "53", "58"})  // connection, resources, the system
        if (sqlstate.starts_with(family)) return true;
    for (const std::string_view one : {"57014",                             // statement_timeout
                                       "55P03",                             // lock_timeout
                                       "57P01", "57P02", "57P03", "57P05",  // shutting down, crashed, starting
                                       "25P03", "25P04",                    // idle in, length of transaction
                                       "25006"})                            // a standby, or a demoted primary
        if (sqlstate == one) return true;
    return false;
}

std::optional<error> meaning_of(const failure& f, const config& c)
{
    if (const auto it = c.constraints.find(f.constraint); !f.constraint.empty() && it != c.constraints.end())
        return it->second;
    if (f.sqlstate == "22021" || f.sqlstate == "22P05")
        return error{errc::invalid_input, "text with characters that cannot be stored"};
    return std::nullopt;
}

rows rows_of(known_statement& s, const operation& op, const schema::type* t)
{
    if (!t) return rows{op.result};
    for (const auto& [type, columns] : s.columns)
        if (type == t) return rows{op.result, columns};
    s.columns.emplace_back(t, map_columns(rows{op.result}, *t));
    return rows{op.result, s.columns.back().second};
}

}  // namespace

void raise(const failure& f, const config& c, bool in_transaction)
{
    const auto what = std::format("{} [{}]", f.message, f.sqlstate);
    if (f.how == failure::refused && is_conflict(f.sqlstate)) throw conflict{what, f.sqlstate};
    if (f.how == failure::not_sent && !in_transaction) throw unavailable{what};
    if (f.how == failure::timed_out && in_transaction) throw unavailable{what};
    if (f.how != failure::refused)
    {
        if (in_transaction) throw conflict{what, f.sqlstate};
        throw outcome_unknown{what};
    }
    if (f.sqlstate == "55P03") throw lock_timeout{what};
    if (is_trouble(f.sqlstate)) throw unavailable{what};
    throw sql_error{what, f.sqlstate, f.constraint, meaning_of(f, c)};
}

task<std::int64_t> queryable::run_it(statement s, params p)
{
    const rows r = co_await execute(s, std::move(p), nullptr);
    co_return r.affected();
}

struct tx::state
{
    lease connection;
    isolation level;
    bool begun = false;
    bool concluded = false;
    std::vector<operation_ptr> queued;
    std::vector<std::function<void()>> effects;

    const config& settings() const { return connection.owner().settings(); }

    operation_ptr send(const statement& s, params p)
    {
        auto& home = connection.owner();
        if (!std::exchange(begun, true))
        {
            queued.push_back(std::make_shared<operation>(home.known(begins[static_cast<int>(level)]), params{}));
            connection->send(queued.back());
        }
        auto op = std::make_shared<operation>(home.known(s), std::move(p));
        connection->send(op);
        return op;
    }

    /// Throws the first failure up to `last`: it is the cause of all later ones.
    void check(const operation& last)
    {
        for (const auto& op : queued)
            if (op->failed) raise(*op->failed, settings(), true);
        if (last.failed) raise(*last.failed, settings(), true);
        queued.clear();
    }
};

tx::tx(std::unique_ptr<state> s) : state_{std::move(s)} {}

tx::~tx()
{
    if (!state_->begun || state_->concluded || state_->connection->closed()) return;
    auto& home = state_->connection.owner();
    state_->connection->send(std::make_shared<operation>(home.known(rolls_back), params{}));
}

void tx::send(statement s, params p) { state_->queued.push_back(state_->send(s, std::move(p))); }

task<rows> tx::execute(statement s, params p, const schema::type* t)
{
    const auto op = state_->send(s, std::move(p));
    co_await finished(op, state_->connection.owner().executor());
    state_->check(*op);
    co_return rows_of(*op->what, *op, t);
}

task<> tx::commit()
{
    if (!state_->begun) co_return;
    const auto op = state_->send(commits, {});
    state_->concluded = true;
    // Not to be cancelled: what was decided must be known, and the wait is bounded by the statement timeout.
    co_await finished(op, state_->connection.owner().executor(), cancelling::refused);
    for (const auto& q : state_->queued)
        if (q->failed && q->failed->how == failure::refused) raise(*q->failed, state_->settings(), true);
    if (op->failed && op->failed->how == failure::not_sent) raise(*op->failed, state_->settings(), true);
    if (op->failed && op->failed->how != failure::refused)
        throw outcome_unknown{std::format("the answer to a commit was lost: {}", op->failed->message)};
    if (op->failed) raise(*op->failed, state_->settings(), true);
    if (std::string_view{PQcmdStatus(op->result.get())} != "COMMIT")
        throw sql_error{"a statement of the transaction had failed, so it was rolled back", "25P02"};
}

void tx::after_commit(std::function<void()> effect) { state_->effects.push_back(std::move(effect)); }

task<std::int64_t> tx::copy(statement s, std::function<bool(std::string&)> more)
{
    static constexpr statement nothing{"pg.nothing", "select"};
    const auto before = state_->send(nothing, {});
    co_await finished(before, state_->connection.owner().executor());
    state_->check(*before);
    const auto op = std::make_shared<operation>(state_->connection.owner().known(s), params{});
    co_await state_->connection->copy(op, std::move(more));
    state_->check(*op);
    co_return rows{op->result}.affected();
}

database::shared::shared(config c) : settings{std::move(c)}, parameters{parameters_of(settings)} {}

database::database(config c) : shared_{std::make_shared<shared>(std::move(c))} {}

database::~database() = default;

task<rows> database::execute(statement s, params p, const schema::type* t)
{
    const auto on = co_await asio::this_coro::executor;
    const auto home = pool::of(on, shared_);
    auto& what = home->known(s);
    for (int attempt = 1;; ++attempt)
    {
        const auto op = std::make_shared<operation>(what, std::move(p));
        if (s.slow)
        {
            const lease own = co_await home->acquire();
            own->send(op);
            co_await finished(op, on);
        }
        else
        {
            home->submit(op);
            co_await finished(op, on);
        }
        if (!op->failed) co_return rows_of(what, *op, t);
        if (!is_conflict(op->failed->sqlstate) || attempt > home->settings().retries)
            raise(*op->failed, home->settings(), false);
        if (home->settings().watch) home->settings().watch->retried(op->failed->sqlstate);
        p = std::move(op->values);
        co_await back_off(attempt);
    }
}

task<std::optional<error>> database::transact(std::function<task<bool>(tx&)> work, isolation level)
{
    const auto on = co_await asio::this_coro::executor;
    const auto home = pool::of(on, shared_);
    for (int attempt = 1;; ++attempt)
    {
        try
        {
            lease own = co_await home->acquire();
            tx t{std::make_unique<tx::state>(std::move(own), level)};
            const bool wanted = co_await work(t);
            if (wanted)
            {
                co_await t.commit();
                for (const auto& effect : t.state_->effects) effect();
            }
            co_return std::nullopt;
        }
        catch (const conflict& c)
        {
            if (attempt > home->settings().retries) throw;
            if (home->settings().watch) home->settings().watch->retried(c.sqlstate);
        }
        catch (const sql_error& e)
        {
            if (!e.meaning) throw;
            co_return e.meaning;
        }
        co_await back_off(attempt);
    }
}

counts database::now() const
{
    counts all{};
    const std::scoped_lock lock{shared_->guard};
    for (const auto& t : shared_->threads)
    {
        all.open += t->open.load(std::memory_order_relaxed);
        all.busy += t->busy.load(std::memory_order_relaxed);
        all.waiting += t->waiting.load(std::memory_order_relaxed);
        all.in_flight += t->in_flight.load(std::memory_order_relaxed);
    }
    return all;
}

void database::disconnect(asio::execution_context& of) { pool::disconnect(of, shared_); }

}  // namespace roost::pg
