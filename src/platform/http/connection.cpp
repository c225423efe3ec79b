#include "platform/http/connection.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <typeinfo>

#include "core/id.hpp"
#include "platform/http/compression.hpp"
#include "platform/http/framing.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/render.hpp"
#include "platform/http/worker.hpp"
#include "platform/observe/log.hpp"

namespace roost::http {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr auto as_result = asio::as_tuple(asio::deferred);

constexpr std::size_t read_step = 8 * 1024;
constexpr std::size_t body_read_step = 64 * 1024;
constexpr std::size_t inline_body = 4 * 1024;     // copied behind the head: cheaper than a second buffer
constexpr std::size_t kept_capacity = 64 * 1024;  // a large request does not hold its memory for ever
constexpr std::size_t linger_bytes = 1024 * 1024;
constexpr std::chrono::milliseconds linger_time{1500};
constexpr std::chrono::milliseconds drain_grace{200};  // for a request that is on its way when the drain begins

constexpr refusal too_slow{408, "request_timeout", "The request did not arrive in time."};
constexpr refusal head_too_large{431, "header_too_large", "The header is larger than this server takes."};
constexpr refusal bad_chunks{400, "malformed", "The chunked body cannot be read."};

enum class phase
{
    opening,
    idle,
    head,
    body,
    handling,
    writing,
    closing,
};

enum class got
{
    request,
    refusal,
    nothing,  // the peer is gone, or was idle for too long
};

template <class Stream>
class http_connection final : public connection
{
    static constexpr bool tls = !std::is_same_v<Stream, socket>;

    worker& worker_;
    const server_config& config_;
    Stream stream_;
    boost::beast::flat_buffer in_;
    std::string head_, out_, id_, peer_, client_;
    request request_;
    std::optional<request_parser> parser_;
    std::optional<refusal> refused_;
    phase phase_ = phase::opening;
    steady_clock::time_point deadline_;
    bool behind_proxy_ = false;
    bool timed_out_ = false;
    bool overdue_ = false;
    bool answered_ = false;  // a reply went out since the last read

public:
    http_connection(worker& w, Stream stream)
        : worker_{w},
          config_{w.shared().config},
          stream_{std::move(stream)},
          in_{config_.max_header_bytes + 2 * body_read_step},
          deadline_{steady_clock::now() + config_.header_timeout}
    {
        boost::system::error_code gone;
        auto address = stream_.lowest_layer().remote_endpoint(gone).address();
        if (address.is_v6() && address.to_v6().is_v4_mapped())
            address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
        peer_ = address.to_string();
        behind_proxy_ = w.shared().proxies.trusts(address);
        worker_.joined(*this);
    }
    ~http_connection() override { worker_.left(*this); }

    static task<> run(std::unique_ptr<http_connection> c)
    {
        try
        {
            if (!co_await c->open()) co_return;
            bool more = true;
            while (more) more = co_await c->exchange();
            if (c->answered_) co_await c->finish();
        }
        catch (const std::exception& e)
        {
            log::error("connection ended by an exception", {{"what", e.what()}, {"request_id", c->id_}});
        }
    }

    void check(steady_clock::time_point now) override
    {
        if (now < deadline_) return;
        switch (phase_)
        {
            case phase::handling: return answer_overdue(now);
            case phase::idle:
            case phase::head:
            case phase::body:
                timed_out_ = true;
                stream_.lowest_layer().cancel(ignored());
                return;
            case phase::opening:
            case phase::writing:
            case phase::closing: return close();
        }
    }

    void drain() override
    {
        if (phase_ == phase::idle) deadline_ = std::min(deadline_, steady_clock::now() + drain_grace);
    }

    void close() override { stream_.lowest_layer().close(ignored()); }

private:
    static boost::system::error_code& ignored()
    {
        thread_local boost::system::error_code ec;
        return ec;
    }

    std::string_view buffered() const
    {
        const auto data = in_.data();
        return {static_cast<const char*>(data.data()), data.size()};
    }

    void enter(phase p, steady_clock::time_point now, std::chrono::milliseconds at_most)
    {
        phase_ = p;
        deadline_ = now + at_most;
    }

    got refuse(const refusal& r)
    {
        refused_ = r;
        return got::refusal;
    }

    task<bool> open()
    {
        if constexpr (tls)
        {
            const auto [failed] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_result);
            if (failed) co_return false;
        }
        enter(phase::idle, steady_clock::now(), worker_.draining() ? drain_grace : config_.idle_timeout);
        co_return true;
    }

    // One request and its reply; whether another may follow.
    task<bool> exchange()
    {
        const got outcome = co_await read();
        answered_ = outcome != got::nothing;
        if (!answered_) co_return false;
        response answer;
        bool keep_alive = false;
        if (outcome == got::refusal)
        {
            identify();
            answer = problem(refused_->status, refused_->code, refused_->detail, request_);
            answer.route = "(refused)";
        }
        else
        {
            worker_.running().add(1);
            answer = co_await handle();
            worker_.running().add(-1);
            if (overdue_) co_return false;
            keep_alive = parser_->keeps_alive() && !worker_.draining();
        }
        co_return co_await send(answer, keep_alive) && keep_alive;
    }

    task<got> read()
    {
        forget_last();
        got outcome = co_await read_head();
        request_.deadline = request_.started + config_.request_timeout;
        if (outcome == got::request && !parser_->done())
        {
            outcome = co_await read_body();
            request_.deadline = steady_clock::now() + config_.request_timeout;
        }
        co_return outcome;
    }

    void forget_last()
    {
        parser_.reset();
        refused_.reset();
        timed_out_ = false;
        request_.headers.clear();
        request_.body.clear();
        if (request_.body.capacity() > kept_capacity) request_.body.shrink_to_fit();
        if (in_.size() == 0 && in_.capacity() > kept_capacity) in_.shrink_to_fit();
        if (out_.capacity() > kept_capacity) out_.shrink_to_fit();
        request_.method = method::other;
        request_.method_name = request_.target = request_.path = request_.query = request_.traceparent = {};
        id_.clear();
    }

    task<got> read_head()
    {
        for (std::size_t seen = 0;;)
        {
            while (seen == 0 && buffered().starts_with("\r\n")) in_.consume(2);  // RFC 9112 2.2
            const auto bytes = buffered();
            if (!bytes.empty() && phase_ == phase::idle) begin();
            const auto end = find_head(bytes, seen);
            if (!end) co_return refuse(end.error());
            if (end->value_or(bytes.size()) > config_.max_header_bytes) co_return refuse(head_too_large);
            if (*end) co_return take_head(**end);
            seen = bytes.size();
            const auto [failed, n] = co_await stream_.async_read_some(in_.prepare(read_step), as_result);
            in_.commit(n);
            if (failed) co_return timed_out_&& phase_ == phase::head ? refuse(too_slow) : got::nothing;
        }
    }

    void begin()
    {
        request_.started = steady_clock::now();
        enter(phase::head, request_.started, config_.header_timeout);
    }

    got take_head(std::size_t size)
    {
        head_.assign(buffered().substr(0, size));
        in_.consume(size);
        parser_.emplace(request_, config_.max_body_bytes);
        if (const auto parsed = parser_->head(head_); !parsed) return refuse(parsed.error());
        identify();
        return got::request;
    }

    // Who asks, and under which names the request is known.
    void identify()
    {
        if (const auto given = request_.find("X-Request-Id"); given && valid_request_id(*given))
            id_.assign(*given);
        else
            id_ = uuid::v7().text();
        request_.id = id_;
        if (const auto trace = request_.find("traceparent"); trace && valid_traceparent(*trace))
            request_.traceparent = *trace;
        request_.peer = peer_;
        request_.secure = tls;
        if (!behind_proxy_) return;
        if (auto client = worker_.shared().proxies.client_of(request_); !client.empty())
            request_.peer = client_ = std::move(client);
        if (const auto scheme = request_.find("X-Forwarded-Proto")) request_.secure = *scheme == "https";
    }

    task<got> read_body()
    {
        enter(phase::body, steady_clock::now(), config_.body_timeout);
        if (parser_->expects_continue() && in_.size() == 0)
        {
            static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            const auto [failed, n] = co_await asio::async_write(stream_, asio::buffer(go_on), as_result);
            if (failed) co_return got::nothing;
        }
        for (;;)
        {
            const auto used = parser_->body(buffered());
            if (!used) co_return refuse(used.error());
            in_.consume(*used);
            if (parser_->done()) break;
            if (in_.size() > config_.max_header_bytes) co_return refuse(bad_chunks);  // a chunk header without end
            const auto [failed, n] = co_await stream_.async_read_some(in_.prepare(body_read_step), as_result);
            in_.commit(n);
            if (failed) co_return timed_out_ ? refuse(too_slow) : got::nothing;
        }
        co_return got::request;
    }

    task<response> handle()
    {
        phase_ = phase::handling;
        deadline_ = request_.deadline;
        auto& shared = worker_.shared();
        if (auto preflight = shared.origins.preflight(request_)) co_return std::move(*preflight);
        if (request_.path == "*")
        {
            response all;
            all.status = 204;
            all.route = "*";
            co_return all;
        }
        try
        {
            co_return co_await shared.serve(request_);
        }
        catch (const std::exception& e)
        {
            log::error("request failed", {{"request_id", request_.id},
                                          {"method", request_.method_name},
                                          {"path", request_.path},
                                          {"type", typeid(e).name()},
                                          {"what", e.what()}});
        }
        catch (...)
        {
            log::error("request failed", {{"request_id", request_.id}, {"type", "unknown"}});
        }
        co_return problem(500, "internal", "Something went wrong here; it was recorded under the request_id.",
                          request_);
    }

    void encode(response& answer)
    {
        if (!config_.compression || answer.bytes().size() < config_.compression_min_bytes
            || !compressible(answer.content_type) || answer.find("Content-Encoding"))
            return;
        const auto vary = answer.find("Vary");
        answer.set("Vary", vary ? std::string{*vary} + ", Accept-Encoding" : "Accept-Encoding");
        const auto accepted = request_.find("Accept-Encoding");
        const coding c = accepted ? negotiate(*accepted) : coding::identity;
        if (c == coding::identity) return;
        answer.body = compress(c, answer.bytes());
        answer.set("Content-Encoding", std::string{name_of(c)});
        // Other bytes than the strong tag stands for (RFC 9110 8.8.1).
        if (const auto tag = answer.find("ETag"); tag && !tag->starts_with("W/"))
            answer.set("ETag", "W/" + std::string{*tag});
    }

    void render(response& answer, bool keep_alive)
    {
        worker_.shared().origins.apply(request_, answer);
        encode(answer);
        if (config_.development)
        {
            const std::chrono::duration<double, std::milli> spent = steady_clock::now() - request_.started;
            const auto own = answer.find("Server-Timing");
            answer.set("Server-Timing",
                       (own ? std::string{*own} + ", " : "") + "total;dur=" + std::to_string(spent.count()));
        }
        reply_head h;
        h.date = worker_.date();
        h.request_id = request_.id;
        h.body_size = answer.bytes().size();
        h.http_1_0 = parser_ && parser_->http_1_0();
        h.keep_alive = keep_alive;
        out_.clear();
        render_head(out_, answer, h);
    }

    // False when the peer is gone.
    task<bool> send(response& answer, bool keep_alive)
    {
        render(answer, keep_alive);
        std::string_view body = answer.bytes();
        if (request_.method == method::head || answer.status == 204 || answer.status == 304) body = {};
        if (body.size() <= inline_body) out_ += std::exchange(body, {});
        const auto bytes = out_.size() + body.size();
        std::array<asio::const_buffer, 2> buffers{asio::buffer(out_), asio::buffer(body)};
        bool sent = false;
        if constexpr (!tls)  // the socket nearly always takes a reply at once: no operation to set up and wait for
        {
            boost::system::error_code full;
            const auto n = body.empty() ? stream_.write_some(buffers[0], full) : stream_.write_some(buffers, full);
            sent = n == bytes;
            buffers[1] += n - std::min(n, buffers[0].size());
            buffers[0] += n;
        }
        if (!sent)
        {
            enter(phase::writing, steady_clock::now(), config_.write_timeout);
            const auto [failed, n] = co_await asio::async_write(stream_, buffers, as_result);
            sent = !failed;
        }
        const auto now = steady_clock::now();
        worker_.answered(request_, answer, bytes, now);
        enter(phase::idle, now, config_.idle_timeout);
        co_return sent;
    }

    // The endpoint has had its time: the client is told, and what the endpoint still says is thrown away. It is not
    // cancelled, for it may hold a transaction; its own waits have deadlines.
    void answer_overdue(steady_clock::time_point now)
    {
        overdue_ = true;
        deadline_ = steady_clock::time_point::max();
        error late{errc::unavailable, "The request took too long; whether it had an effect is not known."};
        late.retry_after = std::chrono::seconds{1};
        auto answer = problem(late, request_);
        answer.route = "(overdue)";
        render(answer, false);
        if (request_.method != method::head) out_ += answer.bytes();
        const auto n = stream_.write_some(asio::buffer(out_), ignored());
        stream_.lowest_layer().shutdown(socket::shutdown_send, ignored());
        log::warn("request overdue", {{"request_id", request_.id}, {"path", request_.path}});
        worker_.answered(request_, answer, n, now);
    }

    // Closes so that the last reply arrives: closing with input unread would reset the connection and destroy it.
    task<> finish()
    {
        enter(phase::closing, steady_clock::now(), linger_time);
        if constexpr (tls)
            co_await stream_.async_shutdown(as_result);
        else
        {
            stream_.shutdown(socket::shutdown_send, ignored());
            in_.consume(in_.size());
            for (std::size_t sunk = 0; sunk < linger_bytes;)
            {
                const auto [failed, n] = co_await stream_.async_read_some(in_.prepare(read_step), as_result);
                if (failed) break;
                sunk += n;
            }
        }
    }
};

template <class Stream>
void spawn(worker& w, Stream stream)
{
    auto c = std::make_unique<http_connection<Stream>>(w, std::move(stream));
    asio::co_spawn(w.io(), http_connection<Stream>::run(std::move(c)), asio::detached);
}

}  // namespace

void open_connection(worker& w, socket s)
{
    boost::system::error_code gone;
    s.set_option(asio::ip::tcp::no_delay{true}, gone);
    s.non_blocking(true, gone);
    if (gone) return;
    if (auto& tls = w.shared().tls)
        spawn(w, asio::ssl::stream<socket>{std::move(s), *tls});
    else
        spawn(w, std::move(s));
}

}  // namespace roost::http
