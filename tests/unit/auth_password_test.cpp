#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "platform/auth/password.hpp"
#include "platform/auth/password_pool.hpp"

namespace asio = boost::asio;
using namespace roost;

namespace {
constexpr auth::argon2_cost cheap{64, 1, 1};
}

TEST(passwords, are_argon2id_at_the_recommended_cost)
{
    auto phc = auth::hash_password("correct horse battery");
    EXPECT_TRUE(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << phc;
    EXPECT_EQ(phc.size(), std::string{"$argon2id$v=19$m=19456,t=2,p=1$"}.size() + 22 + 1 + 43);
    EXPECT_TRUE(auth::verify_password("correct horse battery", phc));
    EXPECT_FALSE(auth::verify_password("correct horse batterz", phc));
    EXPECT_FALSE(auth::needs_rehash(phc));
    EXPECT_NE(phc, auth::hash_password("correct horse battery")) << "salted";
}

// Made with the reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -e
TEST(passwords, agree_with_the_reference_implementation)
{
    const std::string phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    EXPECT_TRUE(auth::verify_password("password", phc));
    EXPECT_FALSE(auth::verify_password("passwore", phc));
    EXPECT_TRUE(auth::needs_rehash(phc));
}

TEST(passwords, every_byte_counts)
{
    auto same = std::string(72, 'x');
    auto phc = auth::hash_password(same + "1", cheap);
    EXPECT_FALSE(auth::verify_password(same + "2", phc));
    EXPECT_FALSE(auth::verify_password(same, phc));
    auto with_nul = auth::hash_password(std::string{"a\0b", 3}, cheap);
    EXPECT_FALSE(auth::verify_password(std::string{"a\0c", 3}, with_nul));
    EXPECT_TRUE(auth::verify_password("", auth::hash_password("", cheap)));
}

TEST(passwords, nonsense_in_the_table_verifies_nothing)
{
    for (auto bad :
         {"", "plain", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
          "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHRzb21l$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
          "$argon2id$v=19$m=64,t=4000000000,p=1$c29tZXNhbHRzb21l$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"})
    {
        EXPECT_FALSE(auth::verify_password("plain", bad)) << bad;
        EXPECT_TRUE(auth::needs_rehash(bad)) << bad;
    }
}

TEST(password_pool, hashes_off_the_thread_and_sheds_when_full)
{
    asio::io_context context;
    auth::password_pool pool{{.threads = 1, .most_waiting = 4, .cost = {19'456, 2, 1}}};
    std::atomic<int> done = 0, shed = 0;
    for (int i = 0; i < 20; ++i)
        asio::co_spawn(
            context,
            [&]() -> task<> {
                auto right = co_await pool.verify_nobody("whatever");
                if (right)
                {
                    EXPECT_FALSE(*right);
                    ++done;
                }
                else
                {
                    EXPECT_EQ(right.error().code, errc::overloaded);
                    EXPECT_TRUE(right.error().retry_after);
                    ++shed;
                }
            },
            asio::detached);
    context.run();
    EXPECT_EQ(done + shed, 20);
    EXPECT_GE(done, 4);
    EXPECT_GT(shed, 0);
}

TEST(password_pool, serves_several_threads_and_ends_cleanly)
{
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::jthread runner{[&] { context.run(); }};
    auto pool = std::make_unique<auth::password_pool>(
        auth::password_pool::settings{.threads = 2, .most_waiting = 100, .cost = cheap});
    auto phc = asio::co_spawn(context, pool->hash("correct horse"), asio::use_future).get();
    ASSERT_TRUE(phc);
    std::vector<std::future<result<bool>>> all;
    for (int i = 0; i < 50; ++i)
        all.push_back(asio::co_spawn(context, pool->verify(i % 2 ? "correct horse" : "wrong", *phc), asio::use_future));
    for (int i = 0; i < 50; ++i) EXPECT_EQ(*all[static_cast<std::size_t>(i)].get(), i % 2 == 1);
    pool.reset();
    work.reset();
}
