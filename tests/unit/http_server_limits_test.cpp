#include <boost/json.hpp>
#include <fstream>
#include <thread>

#include "platform/observe/log.hpp"
#include "unit/http_test_server.hpp"

namespace roost::http {
namespace {

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

}  // namespace
}  // namespace roost::http
