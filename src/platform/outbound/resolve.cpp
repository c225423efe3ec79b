#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "platform/outbound/client.hpp"

namespace roost::outbound {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

/// One question to the system, which may answer long after we have lost patience: then this is kept until it has.
struct question
{
    std::string host;
    addrinfo hints{};
    gaicb ask{};

    explicit question(std::string name) : host{std::move(name)}
    {
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_ADDRCONFIG;
        ask.ar_name = host.c_str();
        ask.ar_request = &hints;
    }
    question(const question&) = delete;
    ~question()
    {
        if (ask.ar_result) freeaddrinfo(ask.ar_result);
    }
    bool answered() { return gai_error(&ask) != EAI_INPROGRESS; }
};

/// Gives the ones that still wait to somebody who keeps them, and forgets those that are through.
void outlive(std::unique_ptr<question> q)
{
    static std::mutex guard;
    static auto* const waiting =
        new std::vector<std::unique_ptr<question>>;  // the system may still write into them at exit
    const std::lock_guard lock{guard};
    std::erase_if(*waiting, [](const auto& w) { return w->answered(); });
    waiting->push_back(std::move(q));
}

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

}  // namespace

std::vector<address> resolve(const std::string& host, std::chrono::milliseconds within)
{
    auto q = std::make_unique<question>(host);
    gaicb* list[] = {&q->ask};
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr) != 0) return {};
    const timespec patience{.tv_sec = within.count() / 1000, .tv_nsec = within.count() % 1000 * 1'000'000};
    const gaicb* const waited[] = {&q->ask};
    while (gai_suspend(waited, 1, &patience) == EAI_INTR)
    {
    }
    if (!q->answered())
    {
        gai_cancel(&q->ask);
        outlive(std::move(q));
        return {};
    }
    std::vector<address> found;
    if (gai_error(&q->ask) != 0) return found;
    for (const auto* a = q->ask.ar_result; a; a = a->ai_next)
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6) found.push_back(address_of(*a));
    return found;
}

}  // namespace roost::outbound
