#include <libpq-fe.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/pg/connection.hpp"
#include "platform/pg/database.hpp"

namespace roost::pg {

namespace asio = boost::asio;

/// COPY does not go with pipeline mode: the connection leaves it for as long as the COPY takes. Whoever gives up
/// half way leaves `copying_` set, and the connection is closed instead of being used again.
struct connection::copying
{
    connection& c;
    operation& op;

    /// Every step of the COPY has the deadline of a statement.
    void moved() const { op.since = steady::now(); }
    bool gone() const { return c.raw_ == nullptr; }

    task<> ready(asio::posix::stream_descriptor::wait_type what) const
    {
        moved();
        boost::system::error_code ignored;  // a lost connection shows as gone()
        co_await c.socket_->async_wait(what, asio::redirect_error(asio::use_awaitable, ignored));
    }

    task<> flushed() const
    {
        while (!gone() && PQflush(c.raw_) == 1) co_await ready(asio::posix::stream_descriptor::wait_write);
    }

    task<std::shared_ptr<pg_result>> next() const
    {
        while (!gone() && PQisBusy(c.raw_))
        {
            co_await ready(asio::posix::stream_descriptor::wait_read);
            if (!gone() && PQconsumeInput(c.raw_) == 0) c.lose(PQerrorMessage(c.raw_));
        }
        PGresult* const r = gone() ? nullptr : PQgetResult(c.raw_);
        co_return r ? std::shared_ptr<pg_result>{r, PQclear} : nullptr;
    }

    task<> feed(std::function<bool(std::string&)>& more) const
    {
        std::string chunk;
        while (!gone() && more(chunk))
        {
            if (PQputCopyData(c.raw_, chunk.data(), static_cast<int>(chunk.size())) != 1) break;
            co_await flushed();
            chunk.clear();
        }
        if (!gone() && PQputCopyEnd(c.raw_, nullptr) == 1) co_await flushed();
    }

    task<> run(std::function<bool(std::string&)>& more) const
    {
        if (PQexitPipelineMode(c.raw_) != 1 || PQsendQuery(c.raw_, op.what->sql.c_str()) != 1)
            c.lose(PQerrorMessage(c.raw_));
        co_await flushed();
        if (const auto begun = co_await next(); begun && PQresultStatus(begun.get()) == PGRES_COPY_IN)
            co_await feed(more);
        else if (begun && !op.failed)
            op.failed = failure_of(begun.get());
        while (const auto r = co_await next())
            if (PQresultStatus(r.get()) == PGRES_COMMAND_OK)
                op.result = r;
            else if (!op.failed)
                op.failed = failure_of(r.get());
    }
};

task<> connection::copy(operation_ptr op, std::function<bool(std::string&)> more)
{
    const auto keep = shared_from_this();
    copying_ = true;
    in_flight_.push_back(op);
    const copying work{*this, *op};
    co_await work.run(more);
    if (work.gone()) co_return;  // lose() has failed the operation
    if (PQenterPipelineMode(raw_) != 1)
    {
        lose(PQerrorMessage(raw_));
        co_return;
    }
    copying_ = false;
    finish_oldest();
}

void append_copy(std::string& chunk, const params& row)
{
    for (std::size_t i = 0; i < row.size(); ++i)
    {
        if (i > 0) chunk += '\t';
        if (row[i].length < 0)
        {
            chunk += "\\N";
            continue;
        }
        for (const char c : std::string_view{row.data(i), static_cast<std::size_t>(row[i].length)}) switch (c)
            {
                case '\\': chunk += "\\\\"; break;
                case '\n': chunk += "\\n"; break;
                case '\r': chunk += "\\r"; break;
                case '\t': chunk += "\\t"; break;
                default: chunk += c;
            }
    }
    chunk += '\n';
}

}  // namespace roost::pg
