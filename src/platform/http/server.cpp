#include "platform/http/server.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "platform/http/worker.hpp"
#include "platform/observe/log.hpp"

namespace roost::http {
namespace {

namespace asio = boost::asio;

asio::ip::tcp::endpoint endpoint_of(const server_config& c)
{
    boost::system::error_code bad;
    const auto address = asio::ip::make_address(c.address, bad);
    if (bad) throw std::invalid_argument{"address: not an IP address: " + c.address};
    return {address, c.port};
}

// SO_REUSEPORT would let a second server quietly take half of the connections: ask without it first.
void ensure_free(const asio::ip::tcp::endpoint& at)
{
    asio::io_context io;
    asio::ip::tcp::acceptor probe{io, at.protocol()};
    probe.set_option(asio::socket_base::reuse_address{true});
    boost::system::error_code taken;
    probe.bind(at, taken);
    if (!taken) probe.listen(1, taken);
    if (taken)
        throw std::system_error{taken.value(), std::system_category(),
                                "cannot listen on " + at.address().to_string() + ":" + std::to_string(at.port())};
}

std::optional<asio::ssl::context> tls_of(const server_config& c)
{
    if (c.tls_certificate_file.empty() != c.tls_key_file.empty())
        throw std::invalid_argument{"tls_certificate_file and tls_key_file belong together"};
    if (c.tls_certificate_file.empty()) return std::nullopt;
    std::optional<asio::ssl::context> tls{asio::ssl::context::tls_server};
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2
                     | asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1
                     | asio::ssl::context::no_compression);
    tls->use_certificate_chain_file(c.tls_certificate_file);
    tls->use_private_key_file(c.tls_key_file, asio::ssl::context::pem);
    return tls;
}

}  // namespace

struct server::state
{
    shared_state shared;
    std::vector<std::unique_ptr<worker>> workers{};
    std::vector<std::thread> threads{};
    std::uint16_t port = 0;
    asio::io_context signals{1};
    std::atomic<std::size_t> alive{0};

    void run_worker(std::size_t i, std::promise<void>& started)
    {
        workers[i]->run(started);
        if (alive.fetch_sub(1) == 1) signals.stop();
    }
};

server::server(server_config config, endpoint serve, thread_hooks hooks)
{
    auto at = endpoint_of(config);
    if (config.threads == 0) config.threads = std::max(1u, std::thread::hardware_concurrency());
    const auto threads = config.threads;
    if (config.port != 0) ensure_free(at);
    auto origins = cors{config.cors_origins};
    auto names = hosts{config.hosts};
    auto proxies = trusted_proxies{config.trusted_proxies};
    auto tls = tls_of(config);
    state_.reset(new state{{std::move(config), std::move(serve), std::move(hooks), std::move(origins), std::move(names),
                            std::move(proxies), std::move(tls)}});
    for (std::size_t i = 0; i < threads; ++i)
    {
        state_->workers.push_back(std::make_unique<worker>(state_->shared, at, i));
        at.port(state_->workers.back()->port());  // the others share what the first one got
    }
    state_->port = at.port();
}

server::~server()
{
    stop();
    for (auto& t : state_->threads)
        if (t.joinable()) t.join();
}

std::uint16_t server::port() const noexcept { return state_->port; }

void server::start()
{
    std::vector<std::promise<void>> started(state_->workers.size());
    state_->alive = started.size();
    for (std::size_t i = 0; i < started.size(); ++i)
        state_->threads.emplace_back([s = state_.get(), i, &started] { s->run_worker(i, started[i]); });
    std::exception_ptr failure;
    for (auto& s : started)
    {
        try
        {
            s.get_future().get();
        }
        catch (...)
        {
            failure = std::current_exception();
        }
    }
    if (!failure) return;
    stop();
    wait();
    std::rethrow_exception(failure);
}

void server::drain()
{
    for (auto& w : state_->workers) w->drain();
}

void server::stop()
{
    for (auto& w : state_->workers) w->stop();
}

void server::wait()
{
    for (auto& t : state_->threads)
        if (t.joinable()) t.join();
}

void server::run()
{
    asio::signal_set asked{state_->signals, SIGINT, SIGTERM};
    asked.async_wait([&](boost::system::error_code none, int) {
        if (none) return;
        log::info("draining");
        drain();
        asked.async_wait([&](boost::system::error_code again, int) {
            if (again) return;
            log::warn("stopping at once");
            stop();
        });
    });
    start();
    state_->signals.run();
    wait();
}

}  // namespace roost::http
