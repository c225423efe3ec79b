#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "platform/http/message.hpp"

namespace roost::test {

struct raw_reply
{
    int status = 0;
    std::string head, body;

    std::string field(std::string_view name) const
    {
        for (std::size_t at = head.find("\r\n"); at != head.npos && at + 2 < head.size();
             at = head.find("\r\n", at + 2))
        {
            const auto colon = head.find(':', at);
            if (colon == head.npos || !http::same_name(std::string_view{head}.substr(at + 2, colon - at - 2), name))
                continue;
            return head.substr(colon + 2, head.find("\r\n", colon) - colon - 2);
        }
        return {};
    }
};

/// Speaks bytes, not HTTP: what a test writes is what arrives.
class raw_http
{
    int fd_;
    std::string in_;

    bool fill()
    {
        char some[4096];
        const auto n = ::recv(fd_, some, sizeof some, 0);
        if (n > 0) in_.append(some, static_cast<std::size_t>(n));
        return n > 0;
    }

public:
    explicit raw_http(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM, 0)}
    {
        const timeval patience{10, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        {
            ::close(fd_);
            throw std::runtime_error{"cannot connect"};
        }
    }
    raw_http(const raw_http&) = delete;
    ~raw_http() { ::close(fd_); }

    /// False when the other side has closed.
    bool send(std::string_view bytes)
    {
        while (!bytes.empty())
        {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    void finish_sending() { ::shutdown(fd_, SHUT_WR); }

    /// The next reply, whose body Content-Length delimits; nothing when the connection ended instead.
    std::optional<raw_reply> receive(bool has_body = true)
    {
        std::size_t end;
        while ((end = in_.find("\r\n\r\n")) == in_.npos)
            if (!fill()) return std::nullopt;
        raw_reply r;
        r.head = in_.substr(0, end + 2);
        in_.erase(0, end + 4);
        r.status = std::stoi(r.head.substr(9, 3));
        const auto length = r.field("Content-Length");
        const std::size_t size = has_body && !length.empty() ? std::stoul(length) : 0;
        while (in_.size() < size)
            if (!fill()) return std::nullopt;
        r.body = in_.substr(0, size);
        in_.erase(0, size);
        return r;
    }
    std::optional<raw_reply> ask(std::string_view bytes)
    {
        send(bytes);
        return receive();
    }
    /// The next line, without its end; nothing when the connection ended instead.
    std::optional<std::string> line()
    {
        std::size_t end;
        while ((end = in_.find('\n')) == in_.npos)
            if (!fill()) return std::nullopt;
        auto found = in_.substr(0, end);
        in_.erase(0, end + 1);
        if (found.ends_with('\r')) found.pop_back();
        return found;
    }
    /// Whether nothing but the end of the connection follows.
    bool ended() { return in_.empty() && !fill(); }
};

}  // namespace roost::test
