#include "platform/http/intake.hpp"

#include "core/id.hpp"
#include "platform/http/render.hpp"

namespace roost::http {
namespace {

constexpr std::size_t head_step = 8 * 1024;
constexpr std::size_t body_step = 64 * 1024;
constexpr std::size_t kept_capacity = 64 * 1024;  // a large request does not hold its memory for ever

constexpr refusal head_too_large{431, "header_too_large", "The header is larger than this server takes."};
constexpr refusal bad_chunks{400, "malformed", "The chunked body cannot be read."};

}  // namespace

intake::intake(const server_config& config, const trusted_proxies& proxies, std::string peer, bool behind_proxy,
               bool tls)
    : config_{config},
      proxies_{proxies},
      peer_{std::move(peer)},
      behind_proxy_{behind_proxy},
      tls_{tls},
      in_{config.max_header_bytes + 2 * body_step}
{}

void intake::begin()
{
    parser_.reset();
    refused_.reset();
    seen_ = 0;
    continued_ = false;
    if (in_.size() == 0 && in_.capacity() > kept_capacity) in_.shrink_to_fit();
    request_.headers.clear();
    request_.body.clear();
    if (request_.body.capacity() > kept_capacity) request_.body.shrink_to_fit();
    request_.method = method::other;
    request_.method_name = request_.target = request_.path = request_.query = {};
    request_.id = request_.traceparent = {};
    request_.started = {};
}

intake::stage intake::advance()
{
    if (refused_) return stage::refused;
    if (parser_) return read_body();
    return read_head();
}

void intake::refuse(const http::refusal& why) { give_up(why); }

intake::stage intake::give_up(const http::refusal& why)
{
    refused_ = why;
    if (request_.id.empty()) identify();
    return stage::refused;
}

boost::asio::mutable_buffer intake::space()
{
    const auto room = in_.prepare(parser_ ? body_step : head_step);
    return {room.data(), room.size()};
}

bool intake::wants_continue()
{
    if (continued_ || !parser_ || parser_->done() || !parser_->expects_continue() || in_.size() > 0) return false;
    return continued_ = true;
}

std::string_view intake::buffered() const
{
    const auto data = in_.data();
    return {static_cast<const char*>(data.data()), data.size()};
}

intake::stage intake::read_head()
{
    while (seen_ == 0 && buffered().starts_with("\r\n")) in_.consume(2);  // RFC 9112 2.2
    const auto bytes = buffered();
    if (bytes.empty()) return stage::idle;
    if (request_.started == std::chrono::steady_clock::time_point{})
        request_.started = std::chrono::steady_clock::now();
    const auto end = find_head(bytes, seen_);
    if (!end) return give_up(end.error());
    if (end->value_or(bytes.size()) > config_.max_header_bytes) return give_up(head_too_large);
    if (!*end)
    {
        seen_ = bytes.size();
        return stage::head;
    }
    head_.assign(bytes.substr(0, **end));  // the views of the request stay good while the buffer moves on
    in_.consume(**end);
    parser_.emplace(request_, config_.max_body_bytes);
    if (const auto parsed = parser_->head(head_); !parsed) return give_up(parsed.error());
    identify();
    return read_body();
}

intake::stage intake::read_body()
{
    if (parser_->done()) return stage::complete;
    const auto used = parser_->body(buffered());
    if (!used) return give_up(used.error());
    in_.consume(*used);
    if (parser_->done()) return stage::complete;
    return in_.size() > config_.max_header_bytes ? give_up(bad_chunks) : stage::body;  // a chunk's header without end
}

// Who asks, and under which names the request is known.
void intake::identify()
{
    if (const auto given = request_.find("X-Request-Id"); given && valid_request_id(*given))
        id_.assign(*given);
    else
        id_ = uuid::v7().text();
    request_.id = id_;
    if (const auto trace = request_.find("traceparent"); trace && valid_traceparent(*trace))
        request_.traceparent = *trace;
    request_.peer = peer_;
    request_.secure = tls_;
    if (!behind_proxy_) return;
    if (auto client = proxies_.client_of(request_); !client.empty()) request_.peer = client_ = std::move(client);
    if (const auto scheme = request_.find("X-Forwarded-Proto")) request_.secure = *scheme == "https";
}

}  // namespace roost::http
