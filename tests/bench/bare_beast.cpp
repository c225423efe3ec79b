// The ceiling for what an HTTP server on Boost.Beast can answer: one coroutine for each connection, a fixed reply, and
// nothing else – no limits, deadlines, logs or metrics. ./dev bench measures the real server against it.
//
//     bare_beast PORT [THREADS [BODY_FILE]]
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

namespace {

std::string body = R"({"hello":"world"})";

asio::awaitable<void> session(beast::tcp_stream stream)
{
    try
    {
        beast::flat_buffer buffer;
        for (;;)
        {
            beast::http::request<beast::http::string_body> request;
            co_await beast::http::async_read(stream, buffer, request);
            beast::http::response<beast::http::string_body> response{beast::http::status::ok, request.version()};
            response.set(beast::http::field::content_type, "application/json");
            response.keep_alive(request.keep_alive());
            response.body() = body;
            response.prepare_payload();
            co_await beast::http::async_write(stream, response);
            if (!request.keep_alive()) co_return;
        }
    }
    catch (const std::exception&)  // the peer left
    {}
}

asio::awaitable<void> listen(unsigned short port)
{
    const auto executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor{executor};
    acceptor.open(tcp::v4());
    acceptor.set_option(asio::socket_base::reuse_address{true});
    acceptor.set_option(reuse_port{true});
    acceptor.bind({asio::ip::address_v4::loopback(), port});
    acceptor.listen();
    for (;;)
    {
        auto socket = co_await acceptor.async_accept();
        socket.set_option(tcp::no_delay{true});
        asio::co_spawn(executor, session(beast::tcp_stream{std::move(socket)}), asio::detached);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 2) return 2;
    const auto port = static_cast<unsigned short>(std::atoi(argv[1]));
    const int threads = argc > 2 ? std::atoi(argv[2]) : 1;
    if (argc > 3)
    {
        std::ifstream file{argv[3], std::ios::binary};
        body.assign(std::istreambuf_iterator<char>{file}, {});
    }
    std::vector<std::jthread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([port] {
            asio::io_context io{1};
            asio::co_spawn(io, listen(port), asio::detached);
            io.run();
        });
}
