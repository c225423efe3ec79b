#pragma once
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <format>
#include <future>
#include <list>
#include <string>
#include <thread>

#include "platform/task.hpp"
#include "unit/pg_fixture.hpp"

namespace roost::test {

/// Stands between a client and PostgreSQL, on a thread of its own, and does what networks and dying servers do.
class faulty_proxy
{
    using tcp = boost::asio::ip::tcp;
    using stream = boost::asio::generic::stream_protocol::socket;
    struct link
    {
        tcp::socket client;
        stream server;
    };

    boost::asio::io_context loop_;
    tcp::acceptor acceptor_{loop_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
    std::string upstream_;
    std::list<std::shared_ptr<link>> links_;
    std::atomic<bool> frozen_ = false, refusing_ = false;
    std::atomic<int> swallow_ = 0;
    std::atomic<int> accepted_ = 0;
    std::thread thread_;

    static boost::asio::generic::stream_protocol::endpoint endpoint_of(const std::string& url)
    {
        const std::unique_ptr<PGconn, void (*)(PGconn*)> c{PQconnectdb(url.c_str()), PQfinish};
        const std::string host = PQhost(c.get()), port = PQport(c.get());
        if (host.starts_with("/")) return boost::asio::local::stream_protocol::endpoint{host + "/.s.PGSQL." + port};
        return tcp::endpoint{boost::asio::ip::make_address(PQhostaddr(c.get())),
                             static_cast<unsigned short>(std::stoi(port))};
    }

    task<> thaw()
    {
        boost::asio::steady_timer timer{loop_};
        while (frozen_)
        {
            timer.expires_after(std::chrono::milliseconds{5});
            co_await timer.async_wait(boost::asio::use_awaitable);
        }
    }

    task<> pump(std::shared_ptr<link> l, bool from_client)
    {
        std::array<char, 16'384> buffer;
        boost::system::error_code ec;
        const auto checked = boost::asio::redirect_error(boost::asio::use_awaitable, ec);
        for (;;)
        {
            const auto space = boost::asio::buffer(buffer);
            const auto n = from_client ? co_await l->client.async_read_some(space, checked)
                                       : co_await l->server.async_read_some(space, checked);
            co_await thaw();
            if (ec) break;
            const std::string_view data{buffer.data(), n};
            // From the commit on, the server answers into the void.
            if (from_client && swallow_ == 1 && data.contains("commit")) swallow_ = 2;
            if (!from_client && swallow_ == 2)
            {
                swallow_ = 0;
                break;
            }
            const auto out = boost::asio::buffer(data);
            if (from_client)
                co_await boost::asio::async_write(l->server, out, checked);
            else
                co_await boost::asio::async_write(l->client, out, checked);
            if (ec) break;
        }
        l->client.close(ec);
        l->server.close(ec);
    }

    task<> accept()
    {
        const auto target = endpoint_of(upstream_);
        for (;;)
        {
            auto client = co_await acceptor_.async_accept(boost::asio::use_awaitable);
            ++accepted_;
            auto l = std::make_shared<link>(std::move(client), stream{loop_});
            boost::system::error_code ec;
            if (!refusing_) l->server.connect(target, ec);
            if (refusing_ || ec) continue;
            links_.push_back(l);
            boost::asio::co_spawn(loop_, pump(l, true), boost::asio::detached);
            boost::asio::co_spawn(loop_, pump(l, false), boost::asio::detached);
        }
    }

public:
    std::string url;

    explicit faulty_proxy(const std::string& upstream) : upstream_{upstream}
    {
        url = with(upstream, {{"host", "127.0.0.1"},
                              {"port", std::to_string(acceptor_.local_endpoint().port())},
                              {"sslmode", "disable"},
                              {"gssencmode", "disable"}});
        boost::asio::co_spawn(loop_, accept(), boost::asio::detached);
        thread_ = std::thread{[this] { loop_.run(); }};
    }
    ~faulty_proxy()
    {
        loop_.stop();
        thread_.join();
    }

    int accepted() const { return accepted_; }
    /// Nothing moves any more, as when the server is stopped with SIGSTOP.
    void freeze(bool yes) { frozen_ = yes; }
    /// The next commit reaches the server, its answer nobody.
    void swallow_next_commit() { swallow_ = 1; }
    /// Breaks every connection, as kill -9 does, and refuses new ones until told otherwise.
    void crash(bool stay_down)
    {
        refusing_ = stay_down;
        std::promise<void> done;
        boost::asio::post(loop_, [this, &done] {
            boost::system::error_code ec;
            for (auto& l : links_) l->client.close(ec), l->server.close(ec);
            links_.clear();
            done.set_value();
        });
        done.get_future().wait();
    }
    void recover() { refusing_ = false; }
};

}  // namespace roost::test
