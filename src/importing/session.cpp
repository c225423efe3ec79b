#include "importing/session.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <format>
#include <stdexcept>
#include <utility>
#include <vector>

namespace roost::importing {
namespace {

constexpr std::size_t buffer_size = 1 << 16;

using answer = std::unique_ptr<PGresult, void (*)(PGresult*)>;

[[noreturn]] void fail(PGconn* connection)
{
    std::string message = PQerrorMessage(connection);
    while (message.ends_with('\n')) message.pop_back();
    throw std::runtime_error{"database: " + message};
}

answer execute(PGconn* connection, const char* sql, std::initializer_list<std::string> values = {})
{
    std::vector<const char*> texts;
    for (const auto& value : values) texts.push_back(value.c_str());
    answer a{PQexecParams(connection, sql, static_cast<int>(texts.size()), nullptr, texts.data(), nullptr, nullptr, 0),
             PQclear};
    const auto status = PQresultStatus(a.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) fail(connection);
    return a;
}

}  // namespace

session::session(const std::string& database) : connection_{PQconnectdb(database.c_str()), PQfinish}
{
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail(connection_.get());
    // Notices about what already exists are nobody's news here.
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
}

std::int64_t session::run(const pg::statement& what, std::initializer_list<std::string> values)
{
    const auto a = execute(connection_.get(), std::string{what.sql}.c_str(), values);
    const std::string_view count = PQcmdTuples(a.get());
    std::int64_t rows = 0;
    std::from_chars(count.data(), count.data() + count.size(), rows);
    return rows;
}

std::optional<std::string> session::one(const pg::statement& what, std::initializer_list<std::string> values)
{
    const auto a = execute(connection_.get(), std::string{what.sql}.c_str(), values);
    if (PQntuples(a.get()) == 0 || PQgetisnull(a.get(), 0, 0)) return std::nullopt;
    return PQgetvalue(a.get(), 0, 0);
}

session::transaction::transaction(session& s) : session_{&s} { execute(s.connection_.get(), "begin"); }

session::transaction::~transaction()
{
    if (session_) PQclear(PQexec(session_->connection_.get(), "rollback"));
}

void session::transaction::commit() { execute(std::exchange(session_, nullptr)->connection_.get(), "commit"); }

session::copy::copy(session& s, const pg::statement& what) : session_{s}
{
    execute(s.connection_.get(), std::string{what.sql}.c_str());
    buffer_.reserve(2 * buffer_size);
}

session::copy::~copy()
{
    if (ended_) return;
    PQputCopyEnd(session_.connection_.get(), "given up");
    while (auto* rest = PQgetResult(session_.connection_.get())) PQclear(rest);
}

void session::copy::begin_field()
{
    if (!std::exchange(first_, false)) buffer_ += '\t';
}

session::copy& session::copy::text(std::string_view value)
{
    begin_field();
    for (const char c : value)
    {
        switch (c)
        {
            case '\\': buffer_ += "\\\\"; break;
            case '\n': buffer_ += "\\n"; break;
            case '\r': buffer_ += "\\r"; break;
            case '\t': buffer_ += "\\t"; break;
            default: buffer_ += c;
        }
    }
    return *this;
}

session::copy& session::copy::null()
{
    begin_field();
    buffer_ += "\\N";
    return *this;
}

void session::copy::append_item(std::string& array, std::string_view value)
{
    array += array.size() > 1 ? ",\"" : "\"";
    for (const char c : value)
    {
        if (c == '"' || c == '\\') array += '\\';
        array += c;
    }
    array += '"';
}

void session::copy::end_row()
{
    buffer_ += '\n';
    first_ = true;
    if (buffer_.size() >= buffer_size) flush();
}

void session::copy::flush()
{
    if (PQputCopyData(session_.connection_.get(), buffer_.data(), static_cast<int>(buffer_.size())) != 1)
        fail(session_.connection_.get());
    buffer_.clear();
}

void session::copy::end()
{
    flush();
    auto* connection = session_.connection_.get();
    ended_ = true;
    if (PQputCopyEnd(connection, nullptr) != 1) fail(connection);
    const answer a{PQgetResult(connection), PQclear};
    const bool done = PQresultStatus(a.get()) == PGRES_COMMAND_OK;
    const std::string message = PQerrorMessage(connection);
    while (auto* rest = PQgetResult(connection)) PQclear(rest);
    if (!done) throw std::runtime_error{"database: " + message};
}

}  // namespace roost::importing
