#include <random>
#include <thread>

#include "unit/http_test_server.hpp"

namespace roost::http {
namespace {

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
