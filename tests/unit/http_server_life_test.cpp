#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "unit/http_test_server.hpp"

namespace roost::http {
namespace {

TEST(http_server, finishes_what_runs_when_it_drains)
{
    running r;
    raw_http idle{r.port()}, busy{r.port()}, fresh{r.port()};
    EXPECT_EQ(idle.ask(get("/say?x"))->status, 200);
    begin_slow(busy, "400");
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
    begin_slow(busy, "60000");
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
    begin_slow(*c, "300");
    pthread_kill(runs.native_handle(), SIGTERM);
    EXPECT_EQ(c->receive()->body, "slow");
    c.reset();
    runs.join();

    server again{quick(), serve};
    std::jthread hurries{[&] { again.run(); }};
    c.emplace(again.port());
    begin_slow(*c, "60000");
    pthread_kill(hurries.native_handle(), SIGINT);
    // Two signals that are pending at once may be one to a signal_set: wait until the first was heard.
    const auto refused = [&] {
        try
        {
            raw_http{again.port()};
            return false;
        }
        catch (const std::runtime_error&)
        {
            return true;
        }
    };
    for (int i = 0; i < 3'000 && !refused(); ++i) std::this_thread::sleep_for(10ms);
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

}  // namespace
}  // namespace roost::http
