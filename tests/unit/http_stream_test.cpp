#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "unit/http_test_server.hpp"

namespace roost::http {
namespace {

/// Says "1" at once and nothing more until it is drained.
class one_word final : public body_stream
{
    boost::asio::steady_timer timer_;
    bool begun_ = false;
    bool ending_ = false;
    bool ended_ = false;

public:
    explicit one_word(const boost::asio::any_io_executor& on) : timer_{on} {}

    task<std::optional<std::string>> next() override
    {
        if (ended_) co_return std::nullopt;
        if (!std::exchange(begun_, true)) co_return "1\n";
        timer_.expires_after(ending_ ? 0s : 60s);
        boost::system::error_code woken;
        co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
        if (std::exchange(ended_, true)) co_return std::nullopt;
        whole = true;
        co_return "drained\n";
    }
    void drain() override
    {
        ending_ = true;
        timer_.cancel();
    }
    void stop() override
    {
        ending_ = ended_ = true;
        ++stopped;
        timer_.cancel();
    }

    static inline std::atomic<int> stopped{0};
};

task<response> stream(request&)
{
    response r = text({});
    r.stream = std::make_shared<one_word>(co_await boost::asio::this_coro::executor);
    co_return r;
}

struct streaming
{
    server s;
    streaming() : s{quick(), stream} { s.start(); }
};

/// What comes until the connection ends.
std::string rest(raw_http& c)
{
    std::string all;
    while (auto line = c.line()) all += *line + "|";
    return all;
}

TEST(http_stream, is_sent_in_chunks_as_it_comes_and_drained_with_its_server)
{
    streaming r;
    raw_http c{r.s.port()};
    const auto head = c.ask(get("/"));
    ASSERT_TRUE(head);
    EXPECT_EQ(head->field("Transfer-Encoding"), "chunked");
    EXPECT_EQ(head->field("Content-Length"), "");
    EXPECT_EQ(head->field("Connection"), "close");
    EXPECT_EQ(c.line(), "2");
    EXPECT_EQ(c.line(), "1");
    r.s.drain();
    EXPECT_EQ(rest(c), "|8|drained||0||");
    r.s.wait();
}

TEST(http_stream, that_is_cut_is_seen_to_be_broken_off)
{
    streaming r;
    raw_http c{r.s.port()};
    ASSERT_TRUE(c.ask(get("/")));
    EXPECT_EQ(c.line(), "2");
    r.s.stop();
    EXPECT_EQ(rest(c), "1||") << "no last chunk";
    r.s.wait();
}

TEST(http_stream, lasts_as_long_as_an_old_client_s_connection)
{
    streaming r;
    raw_http c{r.s.port()};
    const auto head = c.ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->field("Transfer-Encoding"), "");
    EXPECT_EQ(c.line(), "1");
    r.s.drain();
    EXPECT_EQ(rest(c), "drained|");
}

TEST(http_stream, has_no_body_when_only_the_head_is_asked_for)
{
    streaming r;
    raw_http c{r.s.port()};
    ASSERT_TRUE(c.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(c.ended());
}

TEST(http_stream, is_told_when_its_client_goes_and_does_not_listen_to_it)
{
    streaming r;
    const int before = one_word::stopped;
    {
        raw_http c{r.s.port()};
        ASSERT_TRUE(c.ask(get("/")));
        EXPECT_EQ(c.line(), "2");
        c.send(get("/say?more"));
        EXPECT_EQ(one_word::stopped, before);
    }
    for (int i = 0; i < 1'000 && one_word::stopped == before; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_GT(one_word::stopped, before);
}

TEST(http_stream, ends_when_its_client_says_too_much)
{
    streaming r;
    raw_http c{r.s.port()};
    ASSERT_TRUE(c.ask(get("/")));
    EXPECT_EQ(c.line(), "2");
    c.send(std::string(64 * 1024, 'x'));
    EXPECT_EQ(rest(c), "1||");
}

}  // namespace
}  // namespace roost::http
