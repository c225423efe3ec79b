#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "platform/outbound/client.hpp"

namespace roost::outbound {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

address address_of(const addrinfo& a)
{
    if (a.ai_family == AF_INET)
    {
        sockaddr_in in{};
        std::memcpy(&in, a.ai_addr, sizeof in);
        return address_v4{ntohl(in.sin_addr.s_addr)};
    }
    sockaddr_in6 in{};
    std::memcpy(&in, a.ai_addr, sizeof in);
    address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return address_v6{bytes, in.sin6_scope_id};
}

std::vector<address> look_up(const std::string& host)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return {};
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned{list, &freeaddrinfo};
    std::vector<address> found;
    for (const auto* a = list; a; a = a->ai_next)
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6) found.push_back(address_of(*a));
    return found;
}

}  // namespace

// The system may answer long after we have lost patience, and cannot be told to stop: it is asked on a thread of its
// own, which then ends by itself with an answer nobody waits for.
std::vector<address> resolve(const std::string& host, std::chrono::milliseconds within)
{
    std::packaged_task<std::vector<address>()> question{[host] { return look_up(host); }};
    auto answer = question.get_future();
    std::thread{std::move(question)}.detach();
    if (answer.wait_for(within) != std::future_status::ready) return {};
    return answer.get();
}

}  // namespace roost::outbound
