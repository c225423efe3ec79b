#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>

/// Inside of the server: not for use outside platform/http.
namespace roost::http {

class worker;

// With the io_context's own executor: the type-erased one costs an allocation and a virtual call for each operation.
using socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// What a worker needs of a connection, whatever carries it. All on the worker's thread.
class connection
{
public:
    std::size_t place = 0;  // in the worker's list

    virtual ~connection() = default;
    /// Ends what takes too long.
    virtual void check(std::chrono::steady_clock::time_point now) = 0;
    /// Ends at once when no request is being read or answered.
    virtual void drain() = 0;
    virtual void close() = 0;
};

/// Starts to serve an accepted socket; the connection owns itself and is in the worker's list as long as it lives.
void open_connection(worker& w, socket s);

}  // namespace roost::http
