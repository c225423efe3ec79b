#include "platform/http/framing.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace roost::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t max_fields = 100;
constexpr std::size_t max_chunk_extension = 256;

std::string_view view(beast::string_view s) { return {s.data(), s.size()}; }

method method_of(beast::http::verb v)
{
    switch (v)
    {
        case beast::http::verb::get: return method::get;
        case beast::http::verb::head: return method::head;
        case beast::http::verb::post: return method::post;
        case beast::http::verb::put: return method::put;
        case beast::http::verb::patch: return method::patch;
        case beast::http::verb::delete_: return method::delete_;
        case beast::http::verb::options: return method::options;
        default: return method::other;
    }
}

constexpr bool digits(std::string_view s)
{
    return !s.empty() && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
}

// Whether a request line ends in a version of HTTP that is none of ours; anything else there is a line out of form.
bool other_version(std::string_view head)
{
    const auto line = head.substr(0, head.find('\r'));
    const auto version = line.substr(line.rfind(' ') + 1);
    return version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' && digits(version.substr(5, 1))
           && digits(version.substr(7)) && version != "HTTP/1.1" && version != "HTTP/1.0";
}

// What a host, with a port, can consist of; "@" and "/" in it are how hosts get confused.
constexpr bool host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || std::string_view{".-:[]_~%"}.contains(c);
}

}  // namespace

std::expected<std::optional<std::size_t>, refusal> find_head(std::string_view bytes, std::size_t from)
{
    // Three bytes back: the end may have been cut anywhere.
    for (auto i = bytes.find('\n', from < 3 ? 0 : from - 3); i != bytes.npos; i = bytes.find('\n', i + 1))
    {
        if (i == 0 || bytes[i - 1] != '\r')
            return std::unexpected{refusal{400, "malformed", "A line ends without a carriage return."}};
        if (i + 1 == bytes.size()) break;
        if (bytes[i + 1] == ' ' || bytes[i + 1] == '\t')
            return std::unexpected{refusal{400, "malformed", "A header line is folded."}};
        if (bytes.substr(i + 1, 2) == "\r\n") return i + 3;
    }
    return std::nullopt;
}

request_parser::request_parser(request& into, std::size_t max_body_bytes) : into_{into}
{
    body_limit(max_body_bytes);
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the connection has bounded the head already
}

std::expected<void, refusal> request_parser::head(std::string_view bytes)
{
    error_code ec;
    const auto used = put(boost::asio::buffer(bytes), ec);
    if (ec == beast::http::error::bad_version && other_version(bytes))
        return std::unexpected{refusal{505, "http_version", "This server speaks HTTP/1.1 and HTTP/1.0."}};
    if (ec) return std::unexpected{reason(ec)};
    if (used != bytes.size() || !is_header_done())
        return std::unexpected{refusal{400, "malformed", "The header cannot be read."}};
    header_limit(8 * 1024);  // of trailers
    in_body_ = true;
    return {};
}

std::expected<std::size_t, refusal> request_parser::body(std::string_view bytes)
{
    std::size_t used = 0;
    while (used < bytes.size() && !is_done())
    {
        error_code ec;
        const auto n = put(boost::asio::buffer(bytes.substr(used)), ec);
        used += n;
        if (ec == beast::http::error::need_more) break;
        if (ec) return std::unexpected{reason(ec)};
    }
    return used;
}

void request_parser::refuse(int status, std::string_view code, std::string_view detail, error_code& ec)
{
    refused_ = refusal{status, code, detail};
    ec = beast::http::error::bad_field;
}

refusal request_parser::reason(error_code ec) const
{
    using beast::http::error;
    if (refused_) return *refused_;
    if (ec == error::body_limit) return {413, "payload_too_large", "The body is larger than this server takes."};
    if (ec == error::header_limit) return {431, "header_too_large", "The header is larger than this server takes."};
    if (ec == error::bad_chunk || ec == error::bad_chunk_extension)
        return {400, "malformed", "The chunked body cannot be read."};
    if (ec == error::bad_content_length || ec == error::multiple_content_length || ec == error::bad_transfer_encoding)
        return {400, "malformed", "The length of the body is in doubt."};
    return {400, "malformed", "The request cannot be read."};
}

void request_parser::on_request_impl(beast::http::verb v, text name, text target, int version, error_code& ec)
{
    version_ = version;
    into_.method = method_of(v);
    into_.method_name = view(name);
    into_.target = view(target);
    if (v == beast::http::verb::connect) return refuse(501, "not_implemented", "This server is not a proxy.", ec);
    split_target(ec);
}

void request_parser::split_target(error_code& ec)
{
    auto t = into_.target;
    if (t == "*" && into_.method == method::options)
    {
        into_.path = t;
        return;
    }
    for (const std::string_view scheme : {"http://", "https://"})
    {
        if (t.size() < scheme.size() || !same_name(t.substr(0, scheme.size()), scheme)) continue;
        t.remove_prefix(scheme.size());
        const auto end = std::min(t.find_first_of("/?"), t.size());
        if (end == 0) return refuse(400, "malformed", "The target has no host.", ec);
        check_host(t.substr(0, end), ec);
        if (ec) return;
        t.remove_prefix(end);
        break;
    }
    const auto question = std::min(t.find('?'), t.size());
    into_.path = question == 0 ? std::string_view{"/"} : t.substr(0, question);
    into_.query = t.substr(std::min(question + 1, t.size()));
    const bool absolute = t.data() != into_.target.data();
    if (!into_.path.starts_with('/') || (t.empty() && !absolute))
        return refuse(400, "malformed", "The target is not a path.", ec);
    if (std::ranges::any_of(t, [](char c) { return c == '#' || static_cast<unsigned char>(c) >= 0x80; }))
        return refuse(400, "malformed", "The target holds a byte that must be escaped.", ec);
}

void request_parser::check_host(std::string_view host, error_code& ec)
{
    if (!std::ranges::all_of(host, host_char)) refuse(400, "malformed", "The host is not a host.", ec);
}

void request_parser::on_field_impl(beast::http::field known, text name, text value, error_code& ec)
{
    using beast::http::field;
    if (in_body_) return;  // trailers mean nothing here
    if (into_.headers.size() == max_fields) return refuse(431, "header_too_large", "There are too many fields.", ec);
    into_.headers.push_back({view(name), view(value)});
    switch (known)
    {
        case field::host: ++hosts_; return check_host(view(value), ec);
        case field::content_length:
            if (++lengths_ > 1 || !digits(view(value)))
                refuse(400, "malformed", "The length of the body is in doubt.", ec);
            return;
        case field::transfer_encoding:
            if (++codings_ > 1 || version_ == 10)
                refuse(400, "malformed", "The length of the body is in doubt.", ec);
            else if (!same_name(view(value), "chunked"))
                refuse(400, "malformed", "The only transfer coding this server takes is chunked.", ec);
            return;
        case field::expect:
            if (!same_name(view(value), "100-continue"))
                return refuse(417, "expectation_failed", "Only 100-continue can be expected.", ec);
            expects_continue_ = version_ == 11;
            return;
        default: return;
    }
}

void request_parser::on_header_impl(error_code& ec)
{
    if (hosts_ > 1 || (hosts_ == 0 && version_ == 11))
        return refuse(400, "malformed", "There must be one Host field.", ec);
    // Beast refuses one after the other; keep the promise even if it stops doing so.
    if (codings_ > 0 && lengths_ > 0) refuse(400, "malformed", "The length of the body is in doubt.", ec);
}

void request_parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&)
{
    if (length) into_.body.reserve(std::min<std::size_t>(*length, 64 * 1024));  // a promise of bytes is not bytes
}

std::size_t request_parser::on_body_impl(text bytes, error_code&)
{
    into_.body.append(bytes.data(), bytes.size());
    return bytes.size();
}

void request_parser::on_chunk_header_impl(std::uint64_t, text extensions, error_code& ec)
{
    if (extensions.size() > max_chunk_extension || (!extensions.empty() && extensions.front() != ';'))
        refuse(400, "malformed", "The chunked body cannot be read.", ec);
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, text bytes, error_code&)
{
    into_.body.append(bytes.data(), bytes.size());
    return bytes.size();
}

}  // namespace roost::http
