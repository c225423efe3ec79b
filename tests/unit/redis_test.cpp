#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <thread>

#include "platform/redis/address.hpp"
#include "platform/redis/client.hpp"

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace roost;

namespace {

std::string server_url()
{
    const char* url = std::getenv("ROOST_TEST_REDIS");
    if (!url) throw std::runtime_error("ROOST_TEST_REDIS must name a Redis server to test against");
    return url;
}

/// Two threads with a client attached, and a helper to run a coroutine on the first. Patient, so that a busy machine
/// changes nothing.
struct redis_client : testing::Test
{
    asio::io_context contexts[2];
    redis::client client;
    std::vector<std::thread> threads;

    explicit redis_client(std::chrono::milliseconds budget = 2s) : client{{server_url(), budget}} {}
    void start(bool wait = true)
    {
        for (auto& c : contexts) client.attach(c);
        for (auto& c : contexts) threads.emplace_back([&c] { c.run(); });
        for (int i = 0; wait && i < 500 && !client.healthy(); ++i) std::this_thread::sleep_for(10ms);
    }
    ~redis_client()
    {
        for (auto& c : contexts) asio::post(c, [this, &c] { client.detach(c); });
        for (auto& t : threads) t.join();
    }
    template <class T>
    T on(std::size_t thread, task<T> work)
    {
        return asio::co_spawn(contexts[thread], std::move(work), asio::use_future).get();
    }
    template <class T>
    T run(task<T> work)
    {
        return on(0, std::move(work));
    }
    task<redis::answer<redis::value>> get(std::string k) { return client.command({"GET", std::move(k)}); }
    std::string key(std::string name) { return "roost-test:" + std::to_string(getpid()) + ":" + name; }
};

/// One that gives up soon.
struct hasty_redis_client : redis_client
{
    hasty_redis_client() : redis_client{200ms} {}
};

/// Stands between the client and Redis and breaks the connection in the middle of the next reply when it is told to.
class cutting_proxy
{
    asio::io_context loop_;
    asio::ip::tcp::acceptor acceptor_{loop_, {asio::ip::make_address("127.0.0.1"), 0}};
    std::atomic<bool> cut_ = false;
    std::thread thread_;

    using socket = asio::generic::stream_protocol::socket;

    static asio::generic::stream_protocol::endpoint upstream()
    {
        const auto to = redis::parse_address(server_url());
        if (!to.path.empty()) return asio::local::stream_protocol::endpoint{to.path};
        asio::io_context io;
        return asio::ip::tcp::resolver{io}.resolve(to.host, to.port).begin()->endpoint();
    }

    task<> pump(std::shared_ptr<socket> from, std::shared_ptr<socket> to, bool replies)
    {
        std::array<char, 16'384> buffer;
        boost::system::error_code ec;
        const auto checked = asio::redirect_error(asio::use_awaitable, ec);
        for (bool cut = false; !cut && !ec;)
        {
            auto n = co_await from->async_read_some(asio::buffer(buffer), checked);
            if (ec) break;
            cut = replies && cut_.exchange(false);
            if (cut) n /= 2;
            co_await asio::async_write(*to, asio::buffer(buffer, n), checked);
        }
        from->close(ec);
        to->close(ec);
    }

    task<> accept()
    {
        for (;;)
        {
            auto client = std::make_shared<socket>(co_await acceptor_.async_accept(asio::use_awaitable));
            auto server = std::make_shared<socket>(loop_);
            server->connect(upstream());
            asio::co_spawn(loop_, pump(client, server, false), asio::detached);
            asio::co_spawn(loop_, pump(server, client, true), asio::detached);
        }
    }

public:
    cutting_proxy()
    {
        asio::co_spawn(loop_, accept(), asio::detached);
        thread_ = std::thread{[this] { loop_.run(); }};
    }
    ~cutting_proxy()
    {
        loop_.stop();
        thread_.join();
    }
    std::string url() const { return "redis://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
    void cut_next_reply() { cut_ = true; }
    bool has_cut() const { return !cut_; }
};

task<> wait(std::chrono::milliseconds t)
{
    asio::steady_timer timer{co_await asio::this_coro::executor, t};
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace

TEST(redis_address, reads_urls)
{
    auto a = redis::parse_address("redis://me:s%40crab@cache.example:6380/3");
    EXPECT_EQ(a.host, "cache.example");
    EXPECT_EQ(a.port, "6380");
    EXPECT_EQ(a.user, "me");
    EXPECT_EQ(a.password, "s@crab");
    EXPECT_EQ(a.db, 3);
    auto u = redis::parse_address("unix:///run/redis/redis.sock?db=2");
    EXPECT_EQ(u.path, "/run/redis/redis.sock");
    EXPECT_EQ(u.db, 2);
    EXPECT_EQ(redis::parse_address("redis://localhost").port, "6379");
    for (auto bad : {"http://x", "", "redis://x/abc", "unix:", "nonsense"})
        EXPECT_THROW(redis::parse_address(bad), std::invalid_argument) << bad;
}

TEST_F(redis_client, keeps_and_forgets)
{
    start();
    ASSERT_TRUE(client.healthy());
    const std::string text{"x\0\r\ny", 5};
    EXPECT_TRUE(run(client.command({"SET", key("a"), text, "EX", "10"})));
    for (const std::size_t thread : {0, 1})
    {
        const auto got = on(thread, get(key("a")));
        ASSERT_TRUE(got);
        EXPECT_EQ(got->text, text);
    }
    EXPECT_EQ(run(client.del({key("a"), key("nothing")})), 1);
    const auto gone = run(get(key("a")));
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->is, redis::value::kind::null);
}

TEST_F(redis_client, carries_large_values_and_many_calls_at_once)
{
    start();
    const std::string large(3'000'000, 'r');
    EXPECT_TRUE(run(client.command({"SET", key("large"), large, "EX", "10"})));
    const auto got = run(get(key("large")));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->text, large);
    std::vector<std::future<redis::answer<redis::value>>> many;
    for (int i = 0; i < 500; ++i)
        many.push_back(asio::co_spawn(contexts[i % 2], client.command({"ECHO", std::to_string(i)}), asio::use_future));
    for (int i = 0; i < 500; ++i)
    {
        const auto echo = many[i].get();
        ASSERT_TRUE(echo);
        EXPECT_EQ(echo->text, std::to_string(i));
    }
    run(client.del({key("large")}));
}

TEST_F(redis_client, runs_scripts_also_after_redis_forgot_them)
{
    start();
    redis::script add{"return {tonumber(ARGV[1]) + tonumber(ARGV[2]), KEYS[1], false}"};
    for (int i = 0; i < 3; ++i)
    {
        auto reply = run(client.eval(add, {"k"}, {"2", "3"}));
        ASSERT_TRUE(reply);
        ASSERT_EQ(reply->items.size(), 3u);
        EXPECT_EQ(reply->items[0].integer, 5);
        EXPECT_EQ(reply->items[1].text, "k");
        EXPECT_EQ(reply->items[2].is, redis::value::kind::null);
        EXPECT_TRUE(run(client.command({"SCRIPT", "FLUSH"})));
    }
}

TEST_F(redis_client, a_wrong_type_and_a_broken_script_are_refused_and_harm_nothing)
{
    start();
    ASSERT_TRUE(run(client.command({"LPUSH", key("list"), "1"})));
    EXPECT_EQ(run(get(key("list"))).error(), redis::failure::refused);
    redis::script broken{"return redis.call('nonsense')"};
    EXPECT_EQ(run(client.eval(broken, {}, {})).error(), redis::failure::refused);
    EXPECT_TRUE(run(client.command({"SET", key("list"), "now a text", "EX", "1"})));
    EXPECT_TRUE(client.healthy());
}

TEST_F(hasty_redis_client, a_paused_server_costs_the_budget_and_then_nothing)
{
    start();
    ASSERT_TRUE(run(client.command({"CLIENT", "PAUSE", "4000", "ALL"})));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(run(get("x")).error(), redis::failure::unavailable);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 200ms);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(run(get("x")));
    EXPECT_FALSE(client.healthy());
    // Were each of them to wait for its budget, they would outlast the pause, and the last be answered.
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(run(get("x"))) << "an open breaker must answer at once";
    for (int i = 0; i < 800 && !client.healthy(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(client.healthy());
    EXPECT_TRUE(run(get("x")));
}

TEST_F(redis_client, a_killed_connection_comes_back)
{
    start();
    (void)run(client.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"}));
    for (int i = 0; i < 500 && client.healthy(); ++i) std::this_thread::sleep_for(1ms);
    for (int i = 0; i < 500 && !client.healthy(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(client.healthy());
    EXPECT_TRUE(run(get("x")));
}

TEST_F(hasty_redis_client, notices_a_silent_server_though_nobody_calls)
{
    start();
    ASSERT_TRUE(client.healthy());
    (void)run(client.command({"CLIENT", "PAUSE", "4000", "ALL"}));
    for (int i = 0; i < 350 && client.healthy(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(client.healthy());
    for (int i = 0; i < 800 && !client.healthy(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(client.healthy());
}

TEST(redis_client_alone, half_a_reply_is_none_and_the_next_one_is_whole)
{
    cutting_proxy proxy;
    asio::io_context context;
    redis::client client{{proxy.url(), 2s}};
    client.attach(context);
    std::thread thread{[&] { context.run(); }};
    const auto ask = [&](std::vector<std::string> words) {
        return asio::co_spawn(context, client.command(std::move(words)), asio::use_future).get();
    };
    const auto got = [&] {
        const auto reply = ask({"GET", "roost-test:large"});
        return reply ? std::expected<std::string, redis::failure>{reply->text} : std::unexpected{reply.error()};
    };
    const auto until_healthy = [&] {
        for (int i = 0; i < 1'000 && !client.healthy(); ++i) std::this_thread::sleep_for(10ms);
    };
    until_healthy();
    const std::string large(4'000, 'r');
    ASSERT_TRUE(ask({"SET", "roost-test:large", large, "EX", "60"}));
    for (int round = 0; round < 3; ++round)
    {
        EXPECT_EQ(got(), large) << "control: whole replies come through";
        proxy.cut_next_reply();
        EXPECT_EQ(got().error_or(redis::failure::refused), redis::failure::unavailable);
        EXPECT_TRUE(proxy.has_cut());
        until_healthy();
    }
    EXPECT_EQ(got(), large) << "nothing of the halves is left over";
    asio::post(context, [&] { client.detach(context); });
    thread.join();
}

TEST(redis_client_alone, without_a_server_everything_is_unavailable_at_once)
{
    asio::io_context context;
    redis::client client{{"unix:///nonexistent/redis.sock"}};
    client.attach(context);
    auto reply = asio::co_spawn(
        context,
        [&]() -> task<redis::answer<redis::value>> {
            co_await wait(30ms);
            auto got = co_await client.command({"GET", "x"});
            client.detach(context);
            co_return got;
        },
        asio::use_future);
    context.run();
    EXPECT_EQ(reply.get().error(), redis::failure::unavailable);
    EXPECT_FALSE(client.healthy());
}
