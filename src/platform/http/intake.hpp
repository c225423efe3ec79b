#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <optional>
#include <string>

#include "platform/http/forwarded.hpp"
#include "platform/http/framing.hpp"
#include "platform/http/server.hpp"

namespace roost::http {

/// Where the connection's bytes become requests, one after the other, without I/O.
class intake
{
public:
    enum class stage
    {
        idle,      // not a byte of the next request has come
        head,      // more of the header is needed
        body,      // more of the body is needed
        complete,  // current() is there
        refused,   // refusal() says why; nothing after it can be read
    };

    /// `peer` is who the bytes come from; `behind_proxy` whether its word on the client is believed.
    intake(const server_config& config, const trusted_proxies& proxies, std::string peer, bool behind_proxy, bool tls);

    /// Forgets the request before; the bytes after it stay.
    void begin();
    /// Goes as far as the bytes that have come allow.
    stage advance();
    /// Gives the request up.
    void refuse(const http::refusal& why);

    /// Where to put what comes next, and how much came.
    boost::asio::mutable_buffer space();
    void received(std::size_t n) { in_.commit(n); }
    void discard() { in_.consume(in_.size()); }

    /// Whether the client waits for "100 Continue"; says so once.
    bool wants_continue();

    request& current() { return request_; }
    const http::refusal& refusal() const { return *refused_; }
    bool keeps_alive() const { return parser_ && parser_->keeps_alive(); }
    bool http_1_0() const { return parser_ && parser_->http_1_0(); }

private:
    const server_config& config_;
    const trusted_proxies& proxies_;
    const std::string peer_;
    const bool behind_proxy_, tls_;
    boost::beast::flat_buffer in_;
    std::string head_, id_, client_;
    request request_;
    std::optional<request_parser> parser_;
    std::optional<http::refusal> refused_;
    std::size_t seen_ = 0;  // of a header that is not complete
    bool continued_ = false;

    std::string_view buffered() const;
    stage read_head();
    stage read_body();
    stage give_up(const http::refusal& why);
    void identify();
};

}  // namespace roost::http
