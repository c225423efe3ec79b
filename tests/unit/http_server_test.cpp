#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <future>
#include <latch>
#include <random>
#include <thread>

#include "platform/http/problem.hpp"
#include "platform/http/server.hpp"
#include "platform/observe/log.hpp"
#include "unit/raw_http.hpp"

namespace roost::http {
namespace {

using namespace std::literals;
using test::raw_http;

response text(std::string body, std::string_view type = "text/plain")
{
    response r;
    r.content_type = type;
    r.route = "/test";
    r.body = std::move(body);
    return r;
}

task<> pause(std::chrono::milliseconds how_long)
{
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, how_long};
    co_await timer.async_wait();
}

// Answers by path: what each test needs and nothing else.
task<response> serve(request& r)
{
    if (r.path == "/echo") co_return text(r.body);
    if (r.path == "/say") co_return text(std::string{r.query});
    if (r.path == "/who")
        co_return text(std::string{r.peer} + (r.secure ? " secure " : " plain ") + std::string{r.traceparent});
    if (r.path == "/slow")
    {
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

server_config quick()
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

std::string get(std::string_view target, std::string_view fields = {})
{
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n";
}

TEST(http_server, answers_and_keeps_the_connection)
{
    running r;
    raw_http c{r.port()};
    for (int i = 0; i < 3; ++i)
    {
        const auto reply = c.ask(get("/say?" + std::to_string(i)));
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, 200);
        EXPECT_EQ(reply->body, std::to_string(i));
        EXPECT_EQ(reply->field("Content-Type"), "text/plain");
        EXPECT_EQ(reply->field("X-Content-Type-Options"), "nosniff");
        EXPECT_EQ(reply->field("Connection"), "");
        EXPECT_EQ(reply->field("Date").size(), 29u);
        EXPECT_EQ(reply->field("X-Request-Id").size(), 36u);
    }
}

TEST(http_server, answers_pipelined_requests_in_order)
{
    running r;
    raw_http c{r.port()};
    std::string all = get("/slow?50");
    for (int i = 0; i < 500; ++i)
        all += i % 3 ? get("/say?" + std::to_string(i))
                     : "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"
                           + std::to_string(100 + i).substr(0, 3);
    std::jthread sender{[&] { c.send(all); }};
    EXPECT_EQ(c.receive()->body, "slow");
    for (int i = 0; i < 500; ++i)
    {
        const auto reply = c.receive();
        ASSERT_TRUE(reply);
        ASSERT_EQ(reply->body, i % 3 ? std::to_string(i) : std::to_string(100 + i).substr(0, 3));
    }
}

TEST(http_server, takes_bodies_by_length_and_in_chunks)
{
    running r;
    raw_http c{r.port()};
    const std::string big(900'000, 'b');
    EXPECT_EQ(c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + big)->body, big);
    std::string chunks;
    for (int i = 0; i < 100; ++i) chunks += "64;x\r\n" + std::string(100, 'c') + "\r\n";
    EXPECT_EQ(
        c.ask("PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\nT: u\r\n\r\n")
            ->body,
        std::string(10'000, 'c'));
    EXPECT_EQ(c.ask(get("/say?after"))->body, "after");
}

TEST(http_server, sends_large_shared_bytes_to_a_slow_reader)
{
    running r;
    raw_http c{r.port()};
    c.send(get("/shared"));
    std::this_thread::sleep_for(150ms);
    const auto reply = c.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body.size(), 5'000'000u);
    EXPECT_EQ(c.ask(get("/say?x"))->body, "x");
}

TEST(http_server, speaks_http_1_0)
{
    running r;
    raw_http plain{r.port()};
    auto reply = plain.ask("GET /say?a HTTP/1.0\r\n\r\n");
    EXPECT_EQ(reply->body, "a");
    EXPECT_EQ(reply->field("Connection"), "close");
    EXPECT_TRUE(plain.ended());
    raw_http kept{r.port()};
    reply = kept.ask("GET /say?a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(reply->field("Connection"), "keep-alive");
    EXPECT_EQ(kept.ask("GET /say?b HTTP/1.0\r\n\r\n")->body, "b");
}

TEST(http_server, closes_when_asked_to)
{
    running r;
    raw_http c{r.port()};
    const auto reply = c.ask(get("/say?a", "Connection: close\r\n"));
    EXPECT_EQ(reply->field("Connection"), "close");
    EXPECT_TRUE(c.ended());
}

TEST(http_server, answers_head_like_get_without_a_body)
{
    running r;
    raw_http c{r.port()};
    c.send("HEAD /json?2000 HTTP/1.1\r\nHost: a\r\n\r\n");
    auto reply = c.receive(false);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->field("Content-Length"), "2002");
    EXPECT_EQ(c.ask(get("/say?next"))->body, "next");
    reply = c.ask(get("/none"));
    EXPECT_EQ(reply->status, 204);
    EXPECT_EQ(reply->field("Content-Length"), "");
    EXPECT_EQ(c.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")->status, 204);
    EXPECT_EQ(c.ask("\r\n\r\n" + get("/say?empty-lines-first"))->body, "empty-lines-first");
    EXPECT_EQ(c.ask("GET http://b/say?absolute HTTP/1.1\r\nHost: a\r\n\r\n")->body, "absolute");
}

TEST(http_server, asks_for_the_body_that_waits_to_be_asked)
{
    running r;
    raw_http c{r.port()};
    const auto go_on = c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(go_on->status, 100);
    EXPECT_EQ(c.ask("ab")->body, "ab");
    const auto at_once = c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\ncd");
    EXPECT_EQ(at_once->status, 200) << "the body was there: nothing to ask for";
    const auto refused =
        c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(refused->status, 413);
    EXPECT_TRUE(c.ended());
}

TEST(http_server, refuses_doubtful_framing_and_closes)
{
    running r;
    // The second request must never be seen: it is what an attacker smuggles.
    const std::string hidden = get("/say?smuggled");
    for (const auto& bytes :
         {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-encoding: x\r\n\r\n0\r\n\r\n"
              + hidden,
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden,
          "POST /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n Content-Length: 44\r\n\r\n" + hidden,
          "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nZ\r\n0\r\n\r\n" + hidden,
          "GET /echo HTTP/1.1\nHost: a\n\n" + hidden})
    {
        raw_http c{r.port()};
        const auto reply = c.ask(bytes);
        ASSERT_TRUE(reply) << bytes;
        EXPECT_EQ(reply->status, 400) << bytes;
        EXPECT_EQ(reply->field("Connection"), "close");
        EXPECT_EQ(reply->field("Content-Type"), "application/problem+json");
        const auto body = boost::json::parse(reply->body).as_object();
        EXPECT_EQ(body.at("code"), "malformed");
        EXPECT_EQ(std::string{body.at("request_id").as_string()}, reply->field("X-Request-Id"));
        EXPECT_TRUE(c.ended()) << bytes;
    }
}

TEST(http_server, bounds_header_and_body)
{
    auto config = quick();
    config.max_header_bytes = 2000;
    config.max_body_bytes = 1000;
    running r{config};
    const std::string long_field = "X: " + std::string(2000, 'x') + "\r\n";
    EXPECT_EQ(raw_http{r.port()}.ask(get("/say", long_field))->status, 431);
    EXPECT_EQ(raw_http{r.port()}.ask(std::string(3000, 'A'))->status, 431) << "no end of line in sight";
    raw_http big{r.port()};
    EXPECT_EQ(
        big.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'))->status,
        413);
    EXPECT_TRUE(big.ended());
    EXPECT_EQ(
        raw_http{r.port()}
            .ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'))
            ->status,
        413);
    EXPECT_EQ(raw_http{r.port()}
                  .ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'))
                  ->status,
              200);
}

TEST(http_server, does_not_wait_for_slow_requests)
{
    auto config = quick();
    config.header_timeout = config.body_timeout = 300ms;
    config.idle_timeout = 300ms;
    running r{config};
    raw_http idle{r.port()}, head{r.port()}, body{r.port()}, drip{r.port()};
    head.send("GET / HTT");
    body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    std::jthread dripping{[&](std::stop_token end) {
        for (const char b : get("/say", "X: " + std::string(1000, 'y') + "\r\n"))
        {
            if (end.stop_requested() || !drip.send({&b, 1})) return;
            std::this_thread::sleep_for(20ms);
        }
    }};
    for (auto* c : {&head, &body, &drip})
    {
        const auto reply = c->receive();
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, 408);
        EXPECT_EQ(boost::json::parse(reply->body).at("code"), "request_timeout");
    }
    EXPECT_TRUE(idle.ended()) << "nothing was asked: nothing is said";
}

TEST(http_server, serves_others_while_many_are_slow)
{
    running r;
    std::vector<std::unique_ptr<raw_http>> slow;
    for (int i = 0; i < 300; ++i)
    {
        slow.push_back(std::make_unique<raw_http>(r.port()));
        slow.back()->send("GET /sa");
    }
    EXPECT_EQ(raw_http{r.port()}.ask(get("/say?x"))->body, "x");
    for (auto& c : slow) EXPECT_EQ(c->ask("y?late HTTP/1.1\r\nHost: a\r\n\r\n")->body, "late");
}

TEST(http_server, turns_away_what_is_too_much)
{
    auto config = quick();
    config.max_connections = 2;
    running r{config};
    raw_http one{r.port()};
    auto two = std::make_unique<raw_http>(r.port());
    EXPECT_EQ(one.ask(get("/say?1"))->status, 200);
    EXPECT_EQ(two->ask(get("/say?2"))->status, 200);
    raw_http three{r.port()};
    const auto reply = three.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->field("Retry-After"), "1");
    EXPECT_EQ(boost::json::parse(reply->body).at("code"), "overloaded");
    two.reset();
    for (int tries = 0;; ++tries)
    {
        raw_http again{r.port()};
        const auto ok = again.ask(get("/say?3"));
        if (ok && ok->status == 200) break;
        ASSERT_LT(tries, 100);
        std::this_thread::sleep_for(20ms);
    }
}

TEST(http_server, tells_the_client_when_a_request_takes_too_long)
{
    auto config = quick();
    config.request_timeout = 200ms;
    running r{config};
    raw_http c{r.port()};
    const auto reply = c.ask(get("/slow?600", "X-Request-Id: mine\r\n") + get("/say?never"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 503);
    EXPECT_EQ(reply->field("Retry-After"), "1");
    EXPECT_EQ(reply->field("X-Request-Id"), "mine");
    EXPECT_TRUE(c.ended());
    EXPECT_EQ(raw_http{r.port()}.ask(get("/say?x"))->body, "x");
}

TEST(http_server, hides_what_went_wrong_inside)
{
    const auto file = testing::TempDir() + "roost_http_log_" + std::to_string(::getpid());
    log::init({.file = file});
    {
        running r;
        raw_http c{r.port()};
        const auto reply = c.ask(get("/throw", "X-Request-Id: abc-1\r\n"));
        EXPECT_EQ(reply->status, 500);
        const auto body = boost::json::parse(reply->body).as_object();
        EXPECT_EQ(body.at("code"), "internal");
        EXPECT_EQ(body.at("request_id"), "abc-1");
        EXPECT_FALSE(reply->body.contains("secret"));
        EXPECT_EQ(c.ask(get("/say?x"))->body, "x") << "the connection lives on";
    }
    log::shutdown();
    std::ifstream in{file};
    int errors = 0;
    for (std::string line; std::getline(in, line);)
        errors += line.contains("secret of the house") && line.contains("abc-1");
    EXPECT_EQ(errors, 1) << "logged once, with the id";
    std::remove(file.c_str());
}

TEST(http_server, writes_one_line_for_each_request)
{
    const auto file = testing::TempDir() + "roost_access_" + std::to_string(::getpid());
    log::init({.file = file});
    {
        auto config = quick();
        config.access_log = true;
        running r{config};
        raw_http c{r.port()};
        c.ask(get("/say?token=hush",
                  "X-Request-Id: one\r\nAuthorization: Bearer hush\r\n"
                  "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
        c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhush");
        c.ask("rubbish\r\n\r\n");
    }
    log::shutdown();
    std::ifstream in{file};
    std::vector<boost::json::object> lines;
    for (std::string line; std::getline(in, line);)
    {
        EXPECT_FALSE(line.contains("hush"));
        lines.push_back(boost::json::parse(line).as_object());
    }
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0].at("request_id"), "one");
    EXPECT_EQ(lines[0].at("method"), "GET");
    EXPECT_EQ(lines[0].at("route"), "/test");
    EXPECT_EQ(lines[0].at("path"), "/say");
    EXPECT_EQ(lines[0].at("status"), 200);
    EXPECT_EQ(lines[0].at("peer"), "127.0.0.1");
    EXPECT_EQ(lines[0].at("trace_id"), "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(lines[2].at("status"), 400);
    std::remove(file.c_str());
}

TEST(http_server, compresses_what_is_worth_it)
{
    running r;
    raw_http c{r.port()};
    auto reply = c.ask(get("/json?5000", "Accept-Encoding: gzip\r\n"));
    EXPECT_EQ(reply->field("Content-Encoding"), "gzip");
    EXPECT_EQ(reply->field("Vary"), "Accept-Encoding");
    EXPECT_EQ(reply->field("ETag"), "\"v1-gzip\"") << "other bytes than the endpoint's tag names";
    EXPECT_LT(reply->body.size(), 500u);
    reply = c.ask(get("/json?5000", "Accept-Encoding: gzip, br\r\n"));
    EXPECT_EQ(reply->field("Content-Encoding"), "br");
    reply = c.ask(get("/json?5000"));
    EXPECT_EQ(reply->field("Content-Encoding"), "");
    EXPECT_EQ(reply->field("Vary"), "Accept-Encoding");
    EXPECT_EQ(reply->field("ETag"), "\"v1\"");
    EXPECT_EQ(reply->body.size(), 5002u);
    reply = c.ask(get("/json?100", "Accept-Encoding: gzip\r\n"));
    EXPECT_EQ(reply->field("Content-Encoding"), "");
    // The endpoint sees its own tag, whichever coding the client got.
    EXPECT_EQ(c.ask(get("/condition", "If-Match: \"v1-gzip\", \"v2-br\"\r\n"))->body, "\"v1\", \"v2\"");
    reply = c.ask(get("/unchanged", "Accept-Encoding: br\r\nIf-None-Match: \"v1-br\"\r\n"));
    EXPECT_EQ(reply->status, 304);
    EXPECT_EQ(reply->field("ETag"), "\"v1-br\"");
    reply = c.ask(get("/unchanged", "Accept-Encoding: br\r\nIf-None-Match: \"v1\"\r\n"));
    EXPECT_EQ(reply->field("ETag"), "\"v1\"");
    c.send("HEAD /json?5000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    EXPECT_EQ(c.receive(false)->field("Content-Encoding"), "gzip");
}

TEST(http_server, lets_other_origins_in_by_setting)
{
    auto config = quick();
    config.cors_origins = {"https://app.example"};
    running r{config};
    raw_http c{r.port()};
    auto reply = c.ask(
        "OPTIONS /anything HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example\r\n"
        "Access-Control-Request-Method: DELETE\r\n\r\n");
    EXPECT_EQ(reply->status, 204);
    EXPECT_EQ(reply->field("Access-Control-Allow-Origin"), "https://app.example");
    reply = c.ask(get("/say?x", "Origin: https://app.example\r\n"));
    EXPECT_EQ(reply->field("Access-Control-Allow-Origin"), "https://app.example");
    reply = c.ask(get("/say?x", "Origin: https://evil.example\r\n"));
    EXPECT_EQ(reply->field("Access-Control-Allow-Origin"), "");
}

TEST(http_server, believes_trusted_proxies_only)
{
    const auto fields = "X-Forwarded-For: 1.1.1.1, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
    running direct;
    EXPECT_EQ(raw_http{direct.port()}.ask(get("/who", fields))->body, "127.0.0.1 plain ");
    auto config = quick();
    config.trusted_proxies = {"127.0.0.0/8"};
    running behind{config};
    raw_http c{behind.port()};
    EXPECT_EQ(c.ask(get("/who", fields))->body, "203.0.113.9 secure ");
    EXPECT_EQ(c.ask(get("/who"))->body, "127.0.0.1 plain ");
    const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    EXPECT_EQ(c.ask(get("/who", "traceparent: " + trace + "\r\n"))->body, "127.0.0.1 plain " + trace);
    EXPECT_EQ(c.ask(get("/who", "X-Request-Id: has space\r\n"))->field("X-Request-Id").size(), 36u);
}

TEST(http_server, shows_timings_in_development)
{
    auto config = quick();
    config.development = true;
    running r{config};
    EXPECT_TRUE(raw_http{r.port()}.ask(get("/say?x"))->field("Server-Timing").starts_with("total;dur="));
}

TEST(http_server, finishes_what_runs_when_it_drains)
{
    running r;
    raw_http idle{r.port()}, busy{r.port()}, fresh{r.port()};
    EXPECT_EQ(idle.ask(get("/say?x"))->status, 200);
    busy.send(get("/slow?400"));
    std::this_thread::sleep_for(100ms);
    r.s.drain();
    fresh.send(get("/say?connected-before"));
    const auto last = fresh.receive();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->body, "connected-before");
    EXPECT_EQ(last->field("Connection"), "close");
    EXPECT_TRUE(idle.ended());
    const auto reply = busy.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "slow");
    EXPECT_EQ(reply->field("Connection"), "close");
    EXPECT_TRUE(busy.ended());
    EXPECT_THROW(raw_http{r.port()}, std::runtime_error) << "nobody is accepted any more";
    r.s.wait();
}

TEST(http_server, cuts_off_what_does_not_finish)
{
    auto config = quick();
    config.drain_timeout = 200ms;
    running r{config};
    raw_http busy{r.port()};
    busy.send(get("/slow?60000"));
    std::this_thread::sleep_for(100ms);
    r.s.drain();
    r.s.wait();
    EXPECT_FALSE(busy.receive());
}

TEST(http_server, ends_on_signals)
{
    server s{quick(), serve};
    std::jthread runs{[&] { s.run(); }};
    std::optional<raw_http> c;
    c.emplace(s.port());
    c->send(get("/slow?300"));
    std::this_thread::sleep_for(100ms);
    pthread_kill(runs.native_handle(), SIGTERM);
    EXPECT_EQ(c->receive()->body, "slow");
    c.reset();
    runs.join();

    server again{quick(), serve};
    std::jthread hurries{[&] { again.run(); }};
    c.emplace(again.port());
    c->send(get("/slow?60000"));
    std::this_thread::sleep_for(100ms);
    pthread_kill(hurries.native_handle(), SIGINT);
    std::this_thread::sleep_for(100ms);
    pthread_kill(hurries.native_handle(), SIGTERM);
    EXPECT_FALSE(c->receive());
}

TEST(http_server, calls_hooks_on_each_thread)
{
    std::atomic<int> started{0}, stopped{0};
    auto config = quick();
    config.threads = 3;
    {
        running r{config,
                  {.on_start = [&](boost::asio::io_context&) { ++started; },
                   .on_stop = [&](boost::asio::io_context&) { ++stopped; }}};
        EXPECT_EQ(started, 3);
        std::vector<std::jthread> all;
        for (int t = 0; t < 6; ++t)
            all.emplace_back([&] {
                raw_http c{r.port()};
                for (int i = 0; i < 50; ++i) EXPECT_EQ(c.ask(get("/say?hi"))->body, "hi");
            });
    }
    EXPECT_EQ(stopped, 3);
    server failing{config, serve, {.on_start = [](boost::asio::io_context&) { throw std::runtime_error{"no pool"}; }}};
    EXPECT_THROW(failing.start(), std::runtime_error);
}

TEST(http_server, names_the_address_that_is_taken)
{
    running first;
    auto config = quick();
    config.port = first.port();
    try
    {
        server second{config, serve};
        FAIL() << "two servers share a port";
    }
    catch (const std::system_error& e)
    {
        EXPECT_TRUE(std::string_view{e.what()}.contains("127.0.0.1:" + std::to_string(first.port()))) << e.what();
    }
    config.address = "nowhere";
    EXPECT_THROW((server{config, serve}), std::invalid_argument);
}

// Random bytes on real connections: each ends or is answered, and the server is as good as new afterwards.
TEST(http_server, survives_any_bytes)
{
    auto config = quick();
    config.header_timeout = config.body_timeout = config.idle_timeout = 200ms;
    running r{config};
    std::mt19937 random{7};
    const std::string valid =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (int round = 0; round < 300; ++round)
    {
        std::string bytes = valid + valid;
        for (auto n = random() % 8; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random());
        bytes.resize(random() % bytes.size() + 1);
        raw_http c{r.port()};
        c.send(bytes);
        c.finish_sending();
        while (const auto reply = c.receive())
        {
            EXPECT_TRUE(reply->status == 200 || (reply->status >= 400 && reply->status < 600)) << reply->head;
            EXPECT_NE(reply->status, 500);
        }
    }
    EXPECT_EQ(raw_http{r.port()}.ask(get("/say?fine"))->body, "fine");
}

}  // namespace
}  // namespace roost::http
