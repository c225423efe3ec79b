#include <gtest/gtest.h>

#include <format>

#include "platform/outbound/origin.hpp"
#include "unit/run_here.hpp"
#include "unit/sentinel.hpp"

namespace roost::outbound {
namespace {

using namespace std::chrono_literals;

void fail_often(breaker& b, breaker::instant now)
{
    for (int i = 0; i < breaker::failures_to_open; ++i) b.failed(now);
}

TEST(outbound_breaker, opens_after_failures_in_a_row)
{
    breaker b;
    const breaker::instant now{};
    for (int i = 0; i < breaker::failures_to_open - 1; ++i) b.failed(now);
    EXPECT_TRUE(b.lets_through(now));
    b.succeeded();
    b.failed(now);
    EXPECT_TRUE(b.lets_through(now)) << "they were not in a row";
    fail_often(b, now);
    EXPECT_FALSE(b.lets_through(now));
    EXPECT_TRUE(b.is_open(now));
}

TEST(outbound_breaker, lets_one_try_and_waits_for_its_luck)
{
    breaker b;
    const breaker::instant now{};
    fail_often(b, now);
    const auto later = now + breaker::first_pause;
    EXPECT_TRUE(b.lets_through(later));
    EXPECT_FALSE(b.lets_through(later)) << "the second waits for what comes of the first";
    b.succeeded();
    EXPECT_TRUE(b.lets_through(later));
    EXPECT_TRUE(b.lets_through(later));
}

TEST(outbound_breaker, waits_twice_as_long_each_time_up_to_a_limit)
{
    breaker b;
    breaker::instant now{};
    fail_often(b, now);
    auto pause = breaker::first_pause;
    for (int i = 0; i < 10; ++i)
    {
        EXPECT_FALSE(b.lets_through(now + pause - 1ms)) << i;
        now += pause;
        EXPECT_TRUE(b.lets_through(now)) << i;
        b.failed(now);
        pause = std::min(pause * 2, breaker::longest_pause);
    }
}

TEST(outbound_breaker, lets_another_try_when_nothing_is_heard_of_the_first)
{
    breaker b;
    const breaker::instant now{};
    fail_often(b, now);
    const auto later = now + breaker::first_pause;
    EXPECT_TRUE(b.lets_through(later));
    EXPECT_TRUE(b.lets_through(later + breaker::longest_pause));
}

std::expected<answer, fault> ask(origin& o)
{
    return test::run_here(o.send({.url = "/v1/charges", .method = "POST", .body = "a=1"}));
}

std::string reply(std::string_view status, std::string_view fields = {})
{
    return std::format("HTTP/1.1 {}\r\nContent-Length: 2\r\nConnection: close\r\n{}\r\n{{}}", status, fields);
}

TEST(outbound_origin, leaves_alone_whoever_is_broken)
{
    for (const auto* broken : {"500 Oh", "503 Away", "429 Too many"})
    {
        const test::sentinel s{"127.0.0.1", reply(broken)};
        client c{1};
        origin o{c, {.name = "test", .base = std::format("http://127.0.0.1:{}/", s.port())}};
        for (int i = 0; i < breaker::failures_to_open; ++i) EXPECT_TRUE(ask(o)) << broken;
        EXPECT_EQ(ask(o).error(), fault::resting) << broken;
        EXPECT_EQ(s.accepts(), breaker::failures_to_open) << broken;
        EXPECT_TRUE(s.last_head().starts_with("POST /v1/charges HTTP/1.1\r\n"));
    }
}

TEST(outbound_origin, goes_on_asking_whoever_only_refuses)
{
    const test::sentinel s{"127.0.0.1", reply("402 Declined")};
    client c{1};
    origin o{c, {.name = "test", .base = std::format("http://127.0.0.1:{}", s.port())}};
    for (int i = 0; i < 2 * breaker::failures_to_open; ++i) EXPECT_EQ(ask(o).value().status, 402);
}

TEST(outbound_origin, follows_no_redirect)
{
    const test::sentinel elsewhere{"127.0.0.1", reply("200 OK")};
    const auto place = std::format("Location: http://127.0.0.1:{}/\r\n", elsewhere.port());
    const test::sentinel s{"127.0.0.1", reply("307 There", place)};
    client c{1};
    origin o{c, {.name = "test", .base = std::format("http://127.0.0.1:{}", s.port())}};
    EXPECT_EQ(ask(o).value().status, 307);
    EXPECT_EQ(elsewhere.accepts(), 0);
}

}  // namespace
}  // namespace roost::outbound
