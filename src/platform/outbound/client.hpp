#pragma once
#include <array>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/enums.hpp"
#include "platform/background.hpp"
#include "platform/outbound/address.hpp"
#include "platform/task.hpp"

/// Requests to other machines: the one way out. What strangers name is fetched behind a guard, so that nobody reaches
/// through us what only we can reach.
namespace roost::outbound {

/// Why there is no answer. The names are shown to whoever named the address, and tell nothing of our network.
enum class fault : std::uint8_t
{
    bad_address,        // no address that may be asked: another scheme or port, a user in it, no address at all
    forbidden_address,  // the name stands for a machine that is not public
    unknown_host,
    unreachable,
    timed_out,
    untrusted,  // the certificate
    broken,     // it broke off, or what came is no HTTP
    too_large,
    too_many_redirects,
    busy,     // too much waits here already, or the program ends: nothing with an effect went out
    resting,  // it has failed too often just now and is left alone for a while
};
constexpr auto names_of(fault)
{
    using namespace std::literals;
    return std::array{
        "bad_address"sv, "forbidden_address"sv, "unknown_host"sv,       "unreachable"sv, "timed_out"sv, "untrusted"sv,
        "broken"sv,      "too_large"sv,         "too_many_redirects"sv, "busy"sv,        "resting"sv};
}

/// What may be asked, and how much of an answer is taken. As it stands: what strangers name.
struct guard
{
    bool plain_http = false;                                                  // http beside https
    std::vector<std::uint16_t> ports = {443};                                 // empty: any
    std::function<bool(const boost::asio::ip::address&)> allows = is_public;  // every address of a name must be
    int redirects = 3;                                                        // each is checked like the first
    std::size_t most_bytes = 5'000'000;                                       // of the body, after decompression
    std::chrono::milliseconds connect{5'000};                                 // also for the name
    std::chrono::milliseconds total{15'000};
    std::string ca_file = {};  // PEM; empty: the system's

    /// What the operator names: any port and address.
    static guard trusted();
};

struct request
{
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string method = "GET";  // only GET follows redirects; anything else is sent once
    std::string body = {};
};

/// Any status. The fields are those of the last hop, empty when they did not come.
struct answer
{
    int status = 0;
    std::string body, content_type, etag, last_modified, location;
};

/// The addresses of a name, none when there are none; waits no longer than it is told.
using resolver =
    std::function<std::vector<boost::asio::ip::address>(const std::string& host, std::chrono::milliseconds)>;

/// By the system.
std::vector<boost::asio::ip::address> resolve(const std::string& host, std::chrono::milliseconds within);

/// Whether the address could be asked as far as its text tells: nothing is resolved.
bool may_name(const std::string& url, const guard& g);

/// Connections that are kept open for the next request to the same machine. For all threads.
class connections
{
    struct state;
    std::unique_ptr<state> state_;

public:
    connections();
    ~connections();
    connections(const connections&) = delete;

    /// One that nobody else uses, or a new one; libcurl's easy handle.
    void* take();
    void give_back(void* easy);
};

/// Asks now, on this thread. A name is resolved once, every address of it checked, and only those are connected to.
/// With `kept`, a connection may be one that was made for an earlier request.
std::expected<answer, fault> fetch(const request& r, const guard& g, const resolver& names, const std::stop_token& stop,
                                   connections* kept = nullptr);

/// Asks without blocking who awaits. No cookies, no proxies; nothing is remembered between two requests but the
/// connections of whoever keeps them. For all threads.
class client
{
    background threads_;
    resolver names_;

public:
    static constexpr int usual_threads = 4;

    explicit client(unsigned threads = usual_threads, resolver names = resolve)
        : threads_{threads, 1'000}, names_{std::move(names)}
    {}

    task<std::expected<answer, fault>> send(request r, guard g, std::shared_ptr<connections> kept = nullptr);
    /// For what takes long and comes with an answer: reading it.
    background& threads() { return threads_; }
};

}  // namespace roost::outbound
