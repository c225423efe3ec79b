#include "platform/pg/migrate.hpp"

#include <libpq-fe.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <format>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

namespace roost::pg {

namespace {

using namespace std::chrono_literals;

constexpr auto lock_number = 7'203'381'501;  // of the advisory lock; any number nobody else uses
constexpr auto turn = 200ms;                 // between two looks at a lock
constexpr auto longest_wait = 10min;         // for another node's migrations
constexpr int lock_attempts = 60;            // of one migration, 2 s each
constexpr std::string_view no_locks_in_time = "55P03";

using text_row = std::vector<std::string>;

struct refused : std::runtime_error
{
    std::string sqlstate;
    refused(const std::string& what, std::string state) : std::runtime_error{what}, sqlstate{std::move(state)} {}
};

/// A blocking connection: migrations run before anything else does.
class session
{
    std::unique_ptr<PGconn, void (*)(PGconn*)> raw_;

    std::vector<text_row> rows_of(PGresult* raw)
    {
        const std::unique_ptr<PGresult, void (*)(PGresult*)> r{raw, PQclear};
        const auto status = PQresultStatus(raw);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        {
            const char* const state = PQresultErrorField(raw, PG_DIAG_SQLSTATE);
            throw refused{PQerrorMessage(raw_.get()), state ? state : "08006"};
        }
        std::vector<text_row> out(static_cast<std::size_t>(PQntuples(raw)));
        for (int i = 0; i < PQntuples(raw); ++i)
            for (int c = 0; c < PQnfields(raw); ++c)
                out[static_cast<std::size_t>(i)].emplace_back(PQgetvalue(raw, i, c));
        return out;
    }

public:
    explicit session(const std::string& url) : raw_{nullptr, PQfinish}
    {
        const char* const names[] = {"dbname", "connect_timeout", "fallback_application_name", "client_encoding",
                                     nullptr};
        const char* const values[] = {url.c_str(), "10", "roost migrate", "UTF8", nullptr};
        raw_.reset(PQconnectdbParams(names, values, 1));
        if (PQstatus(raw_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(raw_.get()));
        PQsetNoticeProcessor(raw_.get(), [](void*, const char*) {}, nullptr);
        run("set statement_timeout = 0; set lock_timeout = '2s'; set idle_in_transaction_session_timeout = 0");
    }

    std::vector<text_row> run(const std::string& sql) { return rows_of(PQexec(raw_.get(), sql.c_str())); }

    std::vector<text_row> query(const char* sql, const text_row& arguments)
    {
        std::vector<const char*> values;
        for (const auto& a : arguments) values.push_back(a.c_str());
        return rows_of(PQexecParams(raw_.get(), sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                                    nullptr, 0));
    }

    /// Whatever comes of it: when the connection is gone, the transaction went with it.
    void roll_back() { PQclear(PQexec(raw_.get(), "rollback")); }
};

std::string checksum_of(std::string_view text)
{
    std::array<unsigned char, 32> digest;
    if (!EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest.data(), nullptr))
        throw std::runtime_error("SHA-256 is not available");
    std::string hex;
    for (const auto b : digest) hex += std::format("{:02x}", b);
    return hex;
}

/// Taken by trying, not by waiting: a waiting statement holds a snapshot, and `create index concurrently` of the
/// node that works would wait for that snapshot to go.
void wait_for_turn(session& db, const migration_log& log)
{
    const auto until = std::chrono::steady_clock::now() + longest_wait;
    const auto attempt = std::format("select pg_try_advisory_lock({})", lock_number);
    for (bool first = true; db.run(attempt)[0][0] != "t"; first = false)
    {
        if (first) log("another node is migrating this database: waiting for it");
        if (std::chrono::steady_clock::now() > until)
            throw std::runtime_error("another node has been migrating this database for too long");
        std::this_thread::sleep_for(turn);
    }
}

void make_record_table(session& db)
{
    db.run(
        "create table if not exists schema_migration ("
        "version integer primary key, name text not null, checksum text not null, "
        "applied_at timestamptz not null default now())");
}

struct record
{
    std::string name, checksum, applied_at;
};

std::map<int, record> applied_to(session& db)
{
    std::map<int, record> out;
    if (db.run("select to_regclass('schema_migration') is not null")[0][0] != "t") return out;
    for (auto& row : db.run("select version, name, checksum, "
                            "to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
                            "from schema_migration"))
        out[std::stoi(row[0])] = {row[1], row[2], row[3]};
    return out;
}

bool without_transaction(const migration& m) { return m.sql.starts_with("-- no-transaction"); }

/// The statements of a migration without a transaction: each ends with `;` at the end of a line.
std::vector<std::string> statements_of(std::string_view sql)
{
    std::vector<std::string> out;
    while (!sql.empty())
    {
        const auto end = sql.find(";\n");
        out.emplace_back(sql.substr(0, end));
        sql.remove_prefix(end == sql.npos ? sql.size() : end + 2);
    }
    return out;
}

void record_applied(session& db, const migration& m)
{
    db.query("insert into schema_migration (version, name, checksum) values ($1, $2, $3)",
             {std::to_string(m.version), std::string{m.name}, checksum_of(m.sql)});
}

void apply_once(session& db, const migration& m)
{
    if (without_transaction(m))
    {
        for (const auto& sql : statements_of(m.sql)) db.run(sql);
        return record_applied(db, m);
    }
    db.run("begin");
    try
    {
        db.run(std::string{m.sql});
        record_applied(db, m);
        db.run("commit");
    }
    catch (const refused&)
    {
        db.roll_back();
        throw;
    }
}

/// Locks are asked for briefly and often, so that a long reader delays the migration and not everybody behind it.
void apply(session& db, const migration& m, const migration_log& log)
{
    for (int attempt = 1;; ++attempt)
    {
        try
        {
            return apply_once(db, m);
        }
        catch (const refused& e)
        {
            if (e.sqlstate != no_locks_in_time || attempt == lock_attempts)
                throw std::runtime_error(std::format("migration {} failed: {}", m.name, e.what()));
        }
        log(std::format("{}: its locks are taken, trying again", m.name));
        std::this_thread::sleep_for(turn * std::min(attempt, 10));
    }
}

}  // namespace

int migrate_up(const std::string& url, const migration_log& log, std::span<const migration> all)
{
    session db{url};
    wait_for_turn(db, log);
    make_record_table(db);
    const auto applied = applied_to(db);
    for (const auto& m : all)
        if (const auto it = applied.find(m.version); it != applied.end() && it->second.checksum != checksum_of(m.sql))
            throw std::runtime_error(std::format("{} was applied with other contents than this release has", m.name));
    int done = 0;
    for (const auto& m : all)
    {
        if (applied.contains(m.version)) continue;
        apply(db, m, log);
        log(std::format("applied {}", m.name));
        ++done;
    }
    return done;
}

std::vector<migration_status> migrate_status(const std::string& url, std::span<const migration> all)
{
    session db{url};
    auto applied = applied_to(db);
    std::vector<migration_status> out;
    for (const auto& m : all)
    {
        const auto it = applied.find(m.version);
        if (it == applied.end())
            out.push_back({m.version, std::string{m.name}, migration_status::pending, {}});
        else
        {
            const bool same = it->second.checksum == checksum_of(m.sql);
            out.push_back({m.version, std::string{m.name}, same ? migration_status::applied : migration_status::changed,
                           it->second.applied_at});
            applied.erase(it);
        }
    }
    for (const auto& [version, r] : applied) out.push_back({version, r.name, migration_status::unknown, r.applied_at});
    return out;
}

std::vector<std::string> migrate_verify(const std::string& url, std::span<const migration> all)
{
    std::vector<std::string> out;
    for (const auto& m : migrate_status(url, all)) switch (m.state)
        {
            case migration_status::applied: break;
            case migration_status::pending: out.push_back(std::format("{} has not been applied", m.name)); break;
            case migration_status::changed:
                out.push_back(std::format("{} was applied with other contents", m.name));
                break;
            case migration_status::unknown:
                out.push_back(std::format("{} was applied by a newer release", m.name));
                break;
        }
    return out;
}

}  // namespace roost::pg
