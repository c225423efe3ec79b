#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <thread>

#include "platform/auth/rate_limiter.hpp"
#include "platform/redis/client.hpp"

namespace asio = boost::asio;
using namespace roost;
using namespace std::chrono_literals;

namespace {

/// The same promises with Redis and without. Patient with Redis, so that a busy machine changes nothing.
struct rate_limits : testing::TestWithParam<bool>
{
    asio::io_context context;
    redis::client client{{url(), 2s}};
    auth::rate_limiter limiter{client, 1000};
    std::thread thread;

    static std::string url()
    {
        if (!GetParam()) return "unix:///nonexistent/redis.sock";
        const char* set = std::getenv("ROOST_TEST_REDIS");
        if (!set) throw std::runtime_error("ROOST_TEST_REDIS must name a Redis server to test against");
        return set;
    }
    rate_limits()
    {
        client.attach(context);
        thread = std::thread{[this] { context.run(); }};
        for (int i = 0; GetParam() && i < 500 && !client.healthy(); ++i) std::this_thread::sleep_for(10ms);
    }
    ~rate_limits() override
    {
        asio::post(context, [this] { client.detach(context); });
        thread.join();
    }
    auth::budget some(int count, std::chrono::seconds per, std::string who, std::string_view name = "test")
    {
        return {name, {count, per}, std::to_string(getpid()) + who};
    }
    auth::verdict take(std::vector<auth::budget> budgets)
    {
        return asio::co_spawn(context, limiter.take(std::move(budgets)), asio::use_future).get();
    }
    void refill(auth::budget b) { asio::co_spawn(context, limiter.refill(std::move(b)), asio::use_future).get(); }
};

}  // namespace

TEST_P(rate_limits, allow_so_many_and_then_say_when)
{
    for (int i = 4; i >= 0; --i)
    {
        auto v = take({some(5, 100s, "a")});
        EXPECT_TRUE(v.allowed);
        EXPECT_EQ(v.remaining, i);
    }
    auto v = take({some(5, 100s, "a")});
    EXPECT_FALSE(v.allowed);
    EXPECT_EQ(v.remaining, 0);
    EXPECT_GT(v.retry_after, 18s);
    EXPECT_LE(v.retry_after, 20s);
    EXPECT_EQ(v.refusal().code, errc::too_many_requests);
    EXPECT_EQ(v.refusal().retry_after, 20s);
    ASSERT_TRUE(v.refusal().limit);
    EXPECT_EQ(v.refusal().limit->name, "test");
    EXPECT_EQ(v.refusal().limit->count, 5);
    EXPECT_EQ(v.refusal().limit->per, 100s);
    EXPECT_TRUE(take({some(5, 100s, "somebody else")}).allowed);
    refill(some(5, 100s, "a"));
    EXPECT_TRUE(take({some(5, 100s, "a")}).allowed);
}

TEST_P(rate_limits, refill_evenly)
{
    const auto bucket = some(100, 100s, "b");
    while (take({bucket}).allowed);
    auto v = take({bucket});
    for (int i = 0; i < 1'500 && !v.allowed; ++i)
    {
        std::this_thread::sleep_for(20ms);
        v = take({bucket});
    }
    EXPECT_TRUE(v.allowed) << "long before the 100 s are over";
    EXPECT_LT(v.remaining, 50) << "not all at once";
}

TEST_P(rate_limits, take_from_all_buckets_or_from_none)
{
    EXPECT_TRUE(take({some(1, 100s, "c", "narrow"), some(3, 100s, "c", "wide")}).allowed);
    for (int i = 0; i < 5; ++i)
    {
        auto v = take({some(3, 100s, "c", "wide"), some(1, 100s, "c", "narrow")});
        EXPECT_FALSE(v.allowed);
        EXPECT_EQ(v.tightest.name, "narrow");
    }
    auto v = take({some(3, 100s, "c", "wide")});
    EXPECT_TRUE(v.allowed);
    EXPECT_EQ(v.remaining, 1);
}

TEST_P(rate_limits, no_count_is_no_limit)
{
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(take({some(0, 1s, "d")}).allowed);
}

TEST_P(rate_limits, hold_under_contention)
{
    std::vector<std::future<auth::verdict>> all;
    for (int i = 0; i < 200; ++i)
        all.push_back(asio::co_spawn(context, limiter.take({some(20, 1000s, "e")}), asio::use_future));
    auto allowed = std::ranges::count_if(all, [](auto& v) { return v.get().allowed; });
    EXPECT_EQ(allowed, 20);
}

INSTANTIATE_TEST_SUITE_P(redis, rate_limits, testing::Values(true));
INSTANTIATE_TEST_SUITE_P(alone, rate_limits, testing::Values(false));

TEST(rate_limits_alone, refuse_strangers_when_the_table_is_full)
{
    asio::io_context context;
    redis::client client{{"unix:///nonexistent/redis.sock"}};
    auth::rate_limiter limiter{client, 100};
    auto done = asio::co_spawn(
        context,
        [&]() -> task<> {
            int allowed = 0;
            for (int i = 0; i < 150; ++i)
            {
                std::vector<auth::budget> b{{"test", {5, 100s}, std::to_string(i)}};
                auto v = co_await limiter.take(std::move(b));
                allowed += v.allowed;
            }
            EXPECT_EQ(allowed, 100);
        },
        asio::use_future);
    context.run();
    done.get();
}
