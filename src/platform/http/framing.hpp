#pragma once
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

#include "platform/http/message.hpp"

/// Where one request ends and the next begins, without I/O. Stricter than RFC 9112 asks wherever two readers of the
/// same bytes could disagree (request smuggling): what is doubtful is refused and the connection closed.
namespace roost::http {

/// Why bytes are not a request. All literals.
struct refusal
{
    int status;
    std::string_view code;
    std::string_view detail;
};

/// The size of the header section at the start of `bytes`, its empty line included; nothing while it is incomplete.
/// `from` is how much an earlier call has looked at. Refuses bare line feeds and folded lines.
std::expected<std::optional<std::size_t>, refusal> find_head(std::string_view bytes, std::size_t from);

/// Parses one request: feed it a complete head that stays in place, then the bytes of the body. Boost.Beast does the
/// grammar; this adds what it tolerates.
class request_parser final : private boost::beast::http::basic_parser<true>
{
    using error_code = boost::beast::error_code;
    using text = boost::beast::string_view;

    request& into_;
    std::optional<refusal> refused_;
    int hosts_ = 0, lengths_ = 0, codings_ = 0;
    int version_ = 11;
    bool in_body_ = false;
    bool expects_continue_ = false;

    void refuse(int status, std::string_view code, std::string_view detail, error_code& ec);
    void split_target(error_code& ec);
    void check_host(std::string_view host, error_code& ec);
    refusal reason(error_code ec) const;

    void on_request_impl(boost::beast::http::verb method, text name, text target, int version, error_code& ec) override;
    void on_response_impl(int, text, int, error_code&) override {}
    void on_field_impl(boost::beast::http::field known, text name, text value, error_code& ec) override;
    void on_header_impl(error_code& ec) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override;
    std::size_t on_body_impl(text bytes, error_code& ec) override;
    void on_chunk_header_impl(std::uint64_t size, text extensions, error_code& ec) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, text bytes, error_code& ec) override;
    void on_finish_impl(error_code&) override {}

public:
    /// Fills `into`, which must be empty and outlive the parser.
    request_parser(request& into, std::size_t max_body_bytes);

    /// A head as find_head delimits it. The views of the request point into it.
    std::expected<void, refusal> head(std::string_view bytes);
    /// Takes bytes of the body; how many were taken. Call again with more while not done().
    std::expected<std::size_t, refusal> body(std::string_view bytes);
    bool done() const { return is_done(); }

    bool keeps_alive() const { return keep_alive(); }
    bool http_1_0() const { return version_ == 10; }
    bool expects_continue() const { return expects_continue_; }
};

}  // namespace roost::http
