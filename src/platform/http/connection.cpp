#include "platform/http/connection.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <format>
#include <memory>

#include "platform/http/compression.hpp"
#include "platform/http/intake.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/render.hpp"
#include "platform/http/worker.hpp"
#include "platform/observe/log.hpp"

namespace roost::http {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr auto as_result = asio::as_tuple(asio::deferred);

constexpr std::size_t inline_body = 4 * 1024;  // copied behind the head: cheaper than a second buffer
constexpr std::size_t linger_bytes = 1024 * 1024;
constexpr std::size_t most_unheard = 64 * 1024;  // of a client that is being sent a stream
constexpr std::chrono::milliseconds linger_time{1500};
constexpr std::chrono::milliseconds drain_grace{200};  // for a request that is on its way when the drain begins

constexpr refusal too_slow{408, "request_timeout", "The request did not arrive in time."};

enum class phase
{
    opening,
    idle,
    head,
    body,
    handling,
    writing,
    streaming,  // for as long as the stream likes
    closing,
};

template <class Stream>
class http_connection final : public connection
{
    static constexpr bool tls = !std::is_same_v<Stream, socket>;

    worker& worker_;
    const server_config& config_;
    Stream stream_;
    intake intake_;
    request& request_;
    std::string out_;
    std::deque<std::string> plain_tags_;  // what views of request_ point to, when the client's tags had codings
    std::string_view none_match_;         // as it came
    body_stream* streaming_ = nullptr;
    phase phase_ = phase::opening;
    steady_clock::time_point deadline_;
    bool timed_out_ = false;
    bool overdue_ = false;
    bool answered_ = false;  // a reply went out since the last read

public:
    http_connection(worker& w, Stream stream, const asio::ip::address& peer)
        : worker_{w},
          config_{w.shared().config},
          stream_{std::move(stream)},
          intake_{config_, w.shared().proxies, peer.to_string(), w.shared().proxies.trusts(peer), tls},
          request_{intake_.current()},
          deadline_{steady_clock::now() + config_.header_timeout}
    {
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
            log::error("connection ended by an exception", {{"what", e.what()}, {"request_id", c->request_.id}});
        }
    }

    void check(steady_clock::time_point now) override
    {
        if (now < deadline_) return;
        switch (phase_)
        {
            case phase::handling: return answer_overdue(now);
            case phase::streaming: return;
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
        if (streaming_) streaming_->drain();
        if (phase_ == phase::idle) deadline_ = std::min(deadline_, steady_clock::now() + drain_grace);
    }

    void close() override { stream_.lowest_layer().close(ignored()); }

private:
    static boost::system::error_code& ignored()
    {
        thread_local boost::system::error_code ec;
        return ec;
    }

    void enter(phase p, steady_clock::time_point until)
    {
        phase_ = p;
        deadline_ = until;
    }
    void enter(phase p, steady_clock::time_point now, std::chrono::milliseconds at_most) { enter(p, now + at_most); }

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
        answered_ = co_await read();
        if (!answered_) co_return false;
        if (intake_.advance() == intake::stage::refused)
        {
            const auto& why = intake_.refusal();
            auto refused = problem(why.status, why.code, why.detail, request_);
            refused.route = "(refused)";
            co_await send(refused, false);
            co_return false;
        }
        enter(phase::handling, request_.deadline);
        if (config_.compression) take_codings_off();
        worker_.running().add(1);
        auto answer = co_await worker_.answer(request_);
        worker_.running().add(-1);
        if (overdue_) co_return false;
        const bool keep_alive = intake_.keeps_alive() && !worker_.draining() && !answer.stream;
        if (!co_await send(answer, keep_alive)) co_return false;
        if (answer.stream && request_.method != method::head) co_await stream(*answer.stream);
        co_return keep_alive;
    }

    task<> stream(body_stream& s)
    {
        using namespace boost::asio::experimental::awaitable_operators;
        streaming_ = &s;
        s.cut = [this] { close(); };
        enter(phase::streaming, steady_clock::time_point::max());
        if (worker_.draining()) s.drain();
        co_await (send_pieces(s) && await_end(s));
        streaming_ = nullptr;
        s.cut = {};
    }

    /// Until there are no more, or one is not taken in time.
    task<> send_pieces(body_stream& s)
    {
        const bool in_chunks = !intake_.http_1_0();
        bool taken = true;
        while (taken)
        {
            auto piece = co_await s.next();
            if (!piece) break;
            out_ = in_chunks ? std::format("{:x}\r\n{}\r\n", piece->size(), *piece) : *std::move(piece);
            taken = co_await send_piece();
        }
        if (taken && in_chunks && s.whole)
        {
            out_ = "0\r\n\r\n";
            co_await send_piece();
        }
        enter(phase::closing, steady_clock::now(), linger_time);
        stream_.lowest_layer().cancel(ignored());
    }

    task<bool> send_piece()
    {
        enter(phase::writing, steady_clock::now(), config_.write_timeout);
        const auto [failed, n] = co_await asio::async_write(stream_, asio::buffer(out_), as_result);
        enter(phase::streaming, steady_clock::time_point::max());
        co_return !failed;
    }

    /// A client that goes away is noticed by its end of input. What it says meanwhile is not heard, and not endless.
    task<> await_end(body_stream& s)
    {
        std::array<char, 256> unheard{};
        for (std::size_t heard = 0; heard < most_unheard;)
        {
            const auto [failed, n] = co_await stream_.async_read_some(asio::buffer(unheard), as_result);
            if (failed) break;
            heard += n;
        }
        s.stop();
    }

    // Until a request is complete or refused; false when the peer is gone, or has said nothing for too long.
    task<bool> read()
    {
        intake_.begin();
        plain_tags_.clear();
        none_match_ = {};
        timed_out_ = false;
        for (;;)
        {
            const auto stage = intake_.advance();
            if (stage == intake::stage::complete || stage == intake::stage::refused) break;
            wait_for(stage);
            if (intake_.wants_continue())
            {
                static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
                co_await asio::async_write(stream_, asio::buffer(go_on), as_result);
            }
            const auto [failed, n] = co_await stream_.async_read_some(intake_.space(), as_result);
            intake_.received(n);
            if (!failed) continue;
            if (!timed_out_ || stage == intake::stage::idle) co_return false;
            intake_.refuse(too_slow);
        }
        const auto now = phase_ == phase::body ? steady_clock::now() : request_.started;
        request_.deadline = now + config_.request_timeout;
        co_return true;
    }

    void wait_for(intake::stage s)
    {
        if (s == intake::stage::head && phase_ != phase::head)
            enter(phase::head, request_.started, config_.header_timeout);
        if (s == intake::stage::body && phase_ != phase::body)
            enter(phase::body, steady_clock::now(), config_.body_timeout);
    }

    // The endpoint compares its own tags; the codings in those the client has are none of its business.
    void take_codings_off()
    {
        for (auto& h : request_.headers)
        {
            const bool none_match = same_name(h.name, "If-None-Match");
            if (none_match) none_match_ = h.value;
            if (!none_match && !same_name(h.name, "If-Match")) continue;
            if (auto plain = without_codings(h.value)) h.value = plain_tags_.emplace_back(std::move(*plain));
        }
    }

    void render(response& answer, bool keep_alive)
    {
        worker_.shared().origins.apply(request_, answer);
        if (config_.compression && !answer.stream)
            encode(answer, request_.find("Accept-Encoding").value_or(""), none_match_, config_.compression_min_bytes);
        if (request_.secure) answer.set("Strict-Transport-Security", "max-age=31536000");
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
        h.streamed = answer.stream != nullptr;
        h.http_1_0 = intake_.http_1_0();
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
        log::warn("request overdue", {{"request_id", request_.id}, {"path", worker_.logged_path(request_)}});
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
            intake_.discard();
            for (std::size_t sunk = 0; sunk < linger_bytes;)
            {
                const auto [failed, n] = co_await stream_.async_read_some(intake_.space(), as_result);
                if (failed) break;
                sunk += n;
            }
        }
    }
};

template <class Stream>
void spawn(worker& w, Stream stream, const asio::ip::address& peer)
{
    auto c = std::make_unique<http_connection<Stream>>(w, std::move(stream), peer);
    asio::co_spawn(w.io(), http_connection<Stream>::run(std::move(c)), asio::detached);
}

}  // namespace

void open_connection(worker& w, socket s)
{
    boost::system::error_code gone;
    s.set_option(asio::ip::tcp::no_delay{true}, gone);
    s.non_blocking(true, gone);
    auto peer = s.remote_endpoint(gone).address();
    if (gone) return;
    if (peer.is_v6() && peer.to_v6().is_v4_mapped())
        peer = asio::ip::make_address_v4(asio::ip::v4_mapped, peer.to_v6());
    if (auto& tls = w.shared().tls)
        spawn(w, asio::ssl::stream<socket>{std::move(s), *tls}, peer);
    else
        spawn(w, std::move(s), peer);
}

}  // namespace roost::http
