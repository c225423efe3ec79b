#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <thread>

#include "platform/http/problem.hpp"
#include "platform/http/server.hpp"
#include "unit/raw_http.hpp"

/// A server with one thread on a free port, and what it serves.
namespace roost::http {

using namespace std::literals;
using test::raw_http;

inline response text(std::string body, std::string_view type = "text/plain")
{
    response r;
    r.content_type = type;
    r.route = "/test";
    r.body = std::move(body);
    return r;
}

inline task<> pause(std::chrono::milliseconds how_long)
{
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, how_long};
    co_await timer.async_wait();
}

inline std::atomic<int> slow_begun{0};

// Answers by path: what each test needs and nothing else.
inline task<response> serve(request& r)
{
    if (r.path == "/echo") co_return text(r.body);
    if (r.path == "/say") co_return text(std::string{r.query});
    if (r.path == "/who")
        co_return text(std::string{r.peer} + (r.secure ? " secure " : " plain ") + std::string{r.traceparent});
    if (r.path == "/slow")
    {
        ++slow_begun;
        co_await pause(std::chrono::milliseconds{std::stoi(std::string{r.query})});
        co_return text("slow");
    }
    if (r.path == "/throw") throw std::runtime_error{"the secret of the house"};
    if (r.path == "/condition") co_return text(std::string{r.find("If-Match").value_or("")});
    if (r.path == "/unchanged")
    {
        response unchanged{.status = 304};
        if (r.find("If-None-Match") == "\"v1\"") unchanged.set("ETag", "\"v1\"");
        co_return unchanged;
    }
    if (r.path == "/none") co_return response{.status = 204};
    if (r.path == "/json")
    {
        auto answer = text("[" + std::string(std::stoul(std::string{r.query}), '7') + "]", "application/json");
        answer.set("ETag", "\"v1\"");
        co_return answer;
    }
    if (r.path == "/shared")
    {
        static const auto bytes = std::make_shared<const std::string>(5'000'000, 'x');
        auto answer = text("", "application/octet-stream");
        answer.body = bytes;
        co_return answer;
    }
    co_return problem(error{errc::not_found}, r);
}

inline server_config quick()
{
    server_config c;
    c.port = 0;
    c.threads = 1;
    c.access_log = false;
    return c;
}

struct running
{
    server s;
    explicit running(server_config c = quick(), thread_hooks hooks = {}) : s{std::move(c), serve, std::move(hooks)}
    {
        s.start();
    }
    std::uint16_t port() const { return s.port(); }
};

inline std::string get(std::string_view target, std::string_view fields = {})
{
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n";
}

/// Asks for "/slow?MS" and waits until it is being handled.
inline void begin_slow(raw_http& c, std::string_view ms)
{
    const int before = slow_begun;
    c.send(get("/slow?" + std::string{ms}));
    for (int i = 0; i < 3'000 && slow_begun == before; ++i) std::this_thread::sleep_for(10ms);
    ASSERT_GT(slow_begun, before);
}

}  // namespace roost::http
