#include "platform/pg/connection.hpp"

#include <libpq-fe.h>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace roost::pg {

namespace asio = boost::asio;

namespace {

constexpr const char* lost_state = "08006";

std::string field_of(const pg_result* r, int field)
{
    const char* const text = PQresultErrorField(r, field);
    return text ? text : "";
}

/// On one line.
std::string message_of(const pg_conn* c)
{
    std::string text;
    for (const char ch : std::string_view{PQerrorMessage(c)})
        if (ch == '\n')
            text += ' ';
        else if (ch != '\t')
            text += ch;
    if (text.ends_with(' ')) text.pop_back();
    return text;
}

/// The server is about to close the connection, whatever else it has sent.
bool is_fatal(const pg_result* r)
{
    const auto severity = field_of(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity == "FATAL" || severity == "PANIC";
}

bool touches_session(pg_result* r)
{
    const std::string_view tag = PQcmdStatus(r);
    return tag == "SET" || tag == "LISTEN" || tag == "PREPARE" || tag.starts_with("DECLARE");
}

}  // namespace

failure failure_of(pg_result* r)
{
    return {field_of(r, PG_DIAG_SQLSTATE), field_of(r, PG_DIAG_MESSAGE_PRIMARY), field_of(r, PG_DIAG_CONSTRAINT_NAME)};
}

void operation::wake(const asio::any_io_executor& on)
{
    if (auto handler = std::exchange(done, {})) asio::post(on, std::move(handler));
}

void operation::fail(failure why, const asio::any_io_executor& on)
{
    if (!failed) failed = std::move(why);
    result.reset();
    finished = true;
    wake(on);
}

task<> finished(operation_ptr op, asio::any_io_executor on, cancelling c)
{
    if (!op->finished)
    {
        auto wait = asio::async_initiate<const asio::deferred_t, void()>(
            [op, on, c](auto handler) {
                op->done = std::move(handler);
                auto slot = asio::get_associated_cancellation_slot(op->done);
                if (c == cancelling::allowed && slot.is_connected())
                    slot.assign([weak = std::weak_ptr{op}, on](asio::cancellation_type) {
                        const auto waited = weak.lock();
                        if (!waited || waited->finished || !waited->done) return;
                        waited->cancelled = true;
                        waited->wake(on);
                    });
            },
            asio::deferred);
        co_await std::move(wait);
    }
    if (op->cancelled) throw boost::system::system_error(asio::error::operation_aborted);
}

void connection::open(const settings& parameters)
{
    std::vector<const char*> names, values;
    for (const auto& [name, value] : parameters)
    {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    busy_since_ = steady::now();
    raw_ = PQconnectStartParams(names.data(), values.data(), 0);
    // Through the loop, so that the owner never hears of a failure before it knows of the connection.
    asio::post(executor_, [self = shared_from_this()] {
        if (!self->raw_) return;
        if (PQstatus(self->raw_) == CONNECTION_BAD) return self->lose(message_of(self->raw_));
        PQsetNoticeProcessor(self->raw_, [](void*, const char*) {}, nullptr);
        self->watch_socket();
        self->socket_->async_wait(asio::posix::stream_descriptor::wait_write, [self](boost::system::error_code ec) {
            if (!ec) self->step();
        });
    });
}

void connection::watch_socket()
{
    socket_ = std::make_unique<asio::posix::stream_descriptor>(executor_, PQsocket(raw_));
}

void connection::step()
{
    if (!raw_) return;
    // libpq may close its socket and open another: it leaves the reactor before.
    socket_->release();
    socket_.reset();
    const auto next = PQconnectPoll(raw_);
    if (next == PGRES_POLLING_FAILED) return lose(message_of(raw_));
    watch_socket();
    if (next == PGRES_POLLING_OK)
    {
        PQsetnonblocking(raw_, 1);
        PQenterPipelineMode(raw_);
        phase_ = phase::ready;
        established = true;
        await_input();
        owner_->opened(*this);
        return;
    }
    using descriptor = asio::posix::stream_descriptor;
    socket_->async_wait(next == PGRES_POLLING_READING ? descriptor::wait_read : descriptor::wait_write,
                        [self = shared_from_this()](boost::system::error_code ec) {
                            if (!ec) self->step();
                        });
}

void connection::close()
{
    phase_ = phase::closed;
    if (socket_) socket_->release();
    socket_.reset();
    if (raw_) PQfinish(std::exchange(raw_, nullptr));
}

void connection::lose(std::string why, bool timed_out)
{
    if (phase_ == phase::closed) return;
    const auto keep = shared_from_this();
    close();
    const auto now = steady::now();
    for (auto& op : std::exchange(in_flight_, {}))
    {
        op->fail({lost_state, why, {}, timed_out ? failure::timed_out : failure::lost}, executor_);
        owner_->ran(*op, now);
    }
    owner_->lost(*this, why);
}

void connection::shut_down()
{
    close();
    for (auto& op : std::exchange(in_flight_, {})) std::exchange(op->done, {});
}

connection::preparation& connection::preparation_of(const known_statement& s)
{
    if (s.index >= prepared_.size()) prepared_.resize(s.index + 16);
    return prepared_[s.index];
}

/// Gives the statement to libpq. Until the server has confirmed its preparation it is sent with its text, because a
/// preparation that fails must not take those with it that were sent behind it.
bool connection::hand_over(operation& op)
{
    const auto& s = *op.what;
    boost::container::small_vector<const char*, 16> data;
    boost::container::small_vector<int, 16> lengths, binary;
    for (std::size_t i = 0; i < op.values.size(); ++i)
    {
        data.push_back(op.values.data(i));
        lengths.push_back(op.values[i].length);
        binary.push_back(op.values[i].binary);
    }
    const auto n = static_cast<int>(data.size());
    auto& prepared = preparation_of(s);
    if (prepared == preparation::asked)
        return PQsendQueryParams(raw_, s.sql.c_str(), n, nullptr, data.data(), lengths.data(), binary.data(), 1) == 1;
    if (prepared == preparation::none)
    {
        op.prepares = true;
        prepared = preparation::asked;
        if (PQsendPrepare(raw_, s.name.c_str(), s.sql.c_str(), 0, nullptr) != 1) return false;
    }
    return PQsendQueryPrepared(raw_, s.name.c_str(), n, data.data(), lengths.data(), binary.data(), 1) == 1;
}

void connection::send(operation_ptr op)
{
    if (!raw_) return op->fail({lost_state, "the connection is closed", {}, failure::not_sent}, executor_);
    op->since = steady::now();
    if (in_flight_.empty()) busy_since_ = op->since;
    in_flight_.push_back(op);
    if (hand_over(*op) && PQsendPipelineSync(raw_) == 1)
        plan_flush();
    else
        lose(message_of(raw_));
}

void connection::plan_flush()
{
    if (std::exchange(flush_planned_, true)) return;
    asio::post(executor_, [self = shared_from_this()] {
        self->flush_planned_ = false;
        self->flush();
    });
}

void connection::flush()
{
    if (!raw_ || waiting_to_write_) return;
    // A failed write shows as the end of the input, after whatever the server still had to say.
    if (PQflush(raw_) != 1) return;
    waiting_to_write_ = true;
    socket_->async_wait(asio::posix::stream_descriptor::wait_write,
                        [self = shared_from_this()](boost::system::error_code) {
                            self->waiting_to_write_ = false;
                            self->flush();
                        });
}

void connection::await_input()
{
    socket_->async_wait(asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](boost::system::error_code ec) {
                            if (!ec && self->raw_) self->on_input();
                        });
}

void connection::on_input()
{
    const bool alive = PQconsumeInput(raw_) == 1;
    if (!copying_)
    {
        const auto before = in_flight_.size();
        take_results();
        if (raw_ && in_flight_.size() != before) owner_->progressed(*this);
    }
    if (!raw_) return;
    take_notifications();
    if (!alive) return lose(message_of(raw_));
    await_input();
}

void connection::take_results()
{
    while (raw_ && !in_flight_.empty() && !PQisBusy(raw_))
    {
        PGresult* r = PQgetResult(raw_);
        if (!r) r = PQisBusy(raw_) ? nullptr : PQgetResult(raw_);  // null only stands between two answers
        if (!r) return;
        if (!take_result(r)) return;
    }
}

void connection::take_notifications()
{
    while (PGnotify* n = PQnotifies(raw_))
    {
        owner_->notified(n->relname, n->extra);
        PQfreemem(n);
    }
}

/// False when the connection is gone.
bool connection::take_result(PGresult* raw)
{
    const std::shared_ptr<pg_result> r{raw, PQclear};
    auto& op = *in_flight_.front();
    switch (PQresultStatus(raw))
    {
        case PGRES_PIPELINE_SYNC: finish_oldest(); break;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            if (op.prepares && !*PQcmdStatus(raw))  // only the preparation's answer has no tag
            {
                op.prepares = false;
                preparation_of(*op.what) = preparation::done;
            }
            else
                op.result = r;
            touched_session |= touches_session(raw);
            break;
        case PGRES_PIPELINE_ABORTED: break;
        default:
            record_error(op, r);
            if (!is_fatal(raw)) break;
            lose(op.failed->message);
            return false;
    }
    return raw_ != nullptr;
}

void connection::record_error(operation& op, const std::shared_ptr<pg_result>& r)
{
    if (!op.failed) op.failed = failure_of(r.get());
    if (op.failed->sqlstate.empty() || is_fatal(r.get())) op.failed->how = failure::lost;
    if (op.failed->sqlstate.empty()) op.failed->sqlstate = lost_state;
    if (op.prepares) preparation_of(*op.what) = preparation::none;
    // "cached plan must not change result type" has no sqlstate of its own; the cure is that of a missing statement.
    if (field_of(r.get(), PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery") op.failed->sqlstate = "26000";
    if (op.failed->sqlstate == "26000") outdated = true;
}

void connection::finish_oldest()
{
    const auto op = std::move(in_flight_.front());
    in_flight_.pop_front();
    op->finished = true;
    busy_since_ = steady::now();
    owner_->ran(*op, busy_since_);
    op->wake(executor_);
}

std::optional<steady::time_point> connection::waiting_since() const
{
    if (phase_ == phase::connecting) return busy_since_;
    if (in_flight_.empty()) return std::nullopt;
    return in_flight_.front()->since;
}

steady::duration connection::busy_for(steady::time_point now) const
{
    return in_flight_.empty() ? steady::duration{} : now - busy_since_;
}

bool connection::clean() const { return raw_ && !copying_ && PQtransactionStatus(raw_) == PQTRANS_IDLE; }

}  // namespace roost::pg
