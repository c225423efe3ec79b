#include "platform/background.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <latch>
#include <memory>

using namespace roost;
namespace asio = boost::asio;

namespace {

using answer = std::optional<bool>;

/// Blocks until it is asked to stop, and says so.
auto endless(std::shared_ptr<std::latch> begun)
{
    return [begun](const std::stop_token& stop) {
        begun->count_down();
        std::latch stopped{1};
        const std::stop_callback when{stop, [&stopped] { stopped.count_down(); }};
        stopped.wait();
        return true;
    };
}

template <class F>
task<> await(background& threads, F work, answer& into)
{
    into = co_await threads.run(std::move(work));
}

struct one_thread
{
    asio::io_context io;
    background threads{1, 10};
    std::shared_ptr<std::latch> begun = std::make_shared<std::latch>(1);
    answer first, second;

    template <class F>
    void run(F work, answer& into, asio::cancellation_slot slot = {})
    {
        asio::co_spawn(io, await(threads, std::move(work), into), asio::bind_cancellation_slot(slot, [](auto) {}));
    }
};

}  // namespace

TEST(background_work, is_taken_away_while_it_waits_and_asked_to_stop_while_it_runs)
{
    one_thread t;
    asio::cancellation_signal end_first, end_second;
    bool began = false;
    t.run(endless(t.begun), t.first, end_first.slot());
    t.run([&began](const std::stop_token&) { return began = true; }, t.second, end_second.slot());
    t.io.poll();
    t.begun->wait();
    EXPECT_EQ(t.threads.waiting(), 1u);
    end_second.emit(asio::cancellation_type::terminal);
    EXPECT_EQ(t.threads.waiting(), 0u);
    end_first.emit(asio::cancellation_type::terminal);
    t.io.run();
    EXPECT_EQ(t.first, answer{true}) << "it was waited for";
    EXPECT_EQ(t.second, answer{});
    EXPECT_FALSE(began);
}

TEST(background_work, of_a_context_that_ends_is_over_and_others_go_on)
{
    one_thread here;
    asio::io_context other;
    answer elsewhere;
    bool began = false;
    here.run(endless(here.begun), here.first);
    here.run([&began](const std::stop_token&) { return began = true; }, here.second);
    here.io.poll();
    here.begun->wait();
    const auto at_once = [](const std::stop_token&) { return true; };
    asio::co_spawn(other, await(here.threads, at_once, elsewhere), asio::detached);
    other.poll();
    here.threads.detach(here.io);
    here.io.run();
    EXPECT_EQ(here.first, answer{true});
    EXPECT_EQ(here.second, answer{});
    here.io.restart();
    here.second = true;
    here.run([&began](const std::stop_token&) { return began = true; }, here.second);
    here.io.run();
    EXPECT_EQ(here.second, answer{}) << "nothing more from there";
    EXPECT_FALSE(began);
    other.run();
    EXPECT_EQ(elsewhere, answer{true});
}
