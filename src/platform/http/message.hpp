#pragma once
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/enums.hpp"
#include "platform/task.hpp"

namespace roost::http {

enum class method
{
    get,
    head,
    post,
    put,
    patch,
    delete_,
    options,
    other,  // see request::method_name
};

constexpr auto names_of(method)
{
    using namespace std::literals;
    return std::array{"GET"sv, "HEAD"sv, "POST"sv, "PUT"sv, "PATCH"sv, "DELETE"sv, "OPTIONS"sv, "OTHER"sv};
}

/// Field names compare without regard to ASCII case.
bool same_name(std::string_view a, std::string_view b) noexcept;

struct header_view
{
    std::string_view name, value;
};

/// One request, complete with its body. The views point into the connection and live until the reply is sent; a
/// handler that needs them longer copies. Syntax has been checked: what arrives here is framed without doubt.
struct request
{
    http::method method = method::get;
    std::string_view method_name = "GET";
    std::string_view target = "/";  // as sent
    std::string_view path = "/";    // still percent-encoded; begins with '/'
    std::string_view query = {};    // still percent-encoded, without '?'
    std::vector<header_view> headers = {};
    std::string body = {};

    std::string_view peer = {};         // address of the client; X-Forwarded-For counts only behind a trusted proxy
    bool secure = false;                // the client speaks TLS to us or to a trusted proxy
    std::string_view id = {};           // X-Request-Id when it came in a safe alphabet, else made here
    std::string_view traceparent = {};  // W3C trace context when valid, else empty
    std::chrono::steady_clock::time_point started = {};
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

    /// The value of the first field of that name.
    std::optional<std::string_view> find(std::string_view name) const noexcept;
    /// How many fields of that name came.
    std::size_t count(std::string_view name) const noexcept;
};

/// `name` must be a literal or otherwise outlive the reply. A value with bytes that do not belong into a field is
/// dropped when the reply is written, and logged.
struct header
{
    std::string_view name;
    std::string value;
};

/// Bytes several replies share, such as a cache entry.
using shared_bytes = std::shared_ptr<const std::string>;

/// A body that comes into being while it is sent. All of it happens on the connection's thread; the request lives as
/// long as it does. It is the last of its connection.
class body_stream
{
public:
    /// Ends the connection at once, also while a piece waits for a slow reader. Set while the body is sent.
    std::function<void()> cut = {};
    /// Whether what was sent is all there is: otherwise the client sees that the body was broken off.
    bool whole = false;

    virtual ~body_stream() = default;
    /// The next piece once there is one, never empty; nothing after the last. Must not throw.
    virtual task<std::optional<std::string>> next() = 0;
    /// The server is asked to end: what next() waits for is over, and little may follow.
    virtual void drain() = 0;
    /// Nobody reads any more: next() gives nothing, soon.
    virtual void stop() = 0;
};

struct response
{
    int status = 200;
    std::string_view content_type = {};  // literal; empty: none is sent
    std::vector<header> headers = {};    // not Content-Length, Connection, Date, Vary: Accept-Encoding: those are ours
    std::variant<std::string, shared_bytes> body = {};
    std::shared_ptr<body_stream> stream = {};  // instead of a body
    std::string_view route = {};               // pattern for logs and metrics, "/properties/{property_id}/"; literal

    std::string_view bytes() const noexcept;
    std::optional<std::string_view> find(std::string_view name) const noexcept;
    /// Replaces the field or adds it.
    response& set(std::string_view name, std::string value);
};

/// Answers every request of a server; called on the serving thread. What it throws becomes a 500.
using endpoint = std::function<task<response>(request&)>;

}  // namespace roost::http
