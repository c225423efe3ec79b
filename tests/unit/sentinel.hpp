#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace roost::test {

/// Listens on a port of its own of one address, counts who comes, and says to each what it is told to: bytes once the
/// head of a request has come, again and again where they are endless.
class sentinel
{
    int fd_;
    std::uint16_t port_ = 0;
    std::string says_;
    bool endless_;
    std::atomic<int> accepts_ = 0;
    std::string last_;  // read it once the thread has ended or the answer has come
    std::jthread thread_;

    void serve(const std::stop_token& stop)
    {
        while (!stop.stop_requested())
        {
            pollfd ready{fd_, POLLIN, 0};
            if (::poll(&ready, 1, 20) <= 0) continue;
            const int peer = ::accept(fd_, nullptr, nullptr);
            if (peer < 0) continue;
            ++accepts_;
            const timeval patience{2, 0};
            setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            std::string head;
            char some[4096];
            for (ssize_t n; !head.contains("\r\n\r\n") && (n = ::recv(peer, some, sizeof some, 0)) > 0;)
                head.append(some, static_cast<std::size_t>(n));
            last_ = head;
            do
            {
                if (::send(peer, says_.data(), says_.size(), MSG_NOSIGNAL) < 0) break;
            } while (endless_ && !stop.stop_requested());
            ::close(peer);
        }
    }

public:
    explicit sentinel(const std::string& address, std::string says = {}, bool endless = false)
        : fd_{::socket(address.contains(':') ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)},
          says_{std::move(says)},
          endless_{endless}
    {
        sockaddr_storage at{};
        socklen_t size = sizeof(sockaddr_in);
        if (address.contains(':'))
        {
            sockaddr_in6 six{};
            six.sin6_family = AF_INET6;
            inet_pton(AF_INET6, address.c_str(), &six.sin6_addr);
            std::memcpy(&at, &six, size = sizeof six);
        }
        else
        {
            sockaddr_in four{};
            four.sin_family = AF_INET;
            inet_pton(AF_INET, address.c_str(), &four.sin_addr);
            std::memcpy(&at, &four, sizeof four);
        }
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(fd_, 16) != 0)
            throw std::runtime_error("cannot listen on " + address);
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(address.contains(':') ? reinterpret_cast<sockaddr_in6&>(at).sin6_port
                                            : reinterpret_cast<sockaddr_in&>(at).sin_port);
        thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
    }
    sentinel(const sentinel&) = delete;
    ~sentinel()
    {
        thread_.request_stop();
        thread_.join();
        ::close(fd_);
    }

    std::uint16_t port() const { return port_; }
    int accepts() const { return accepts_; }
    const std::string& last_head() const { return last_; }
};

}  // namespace roost::test
