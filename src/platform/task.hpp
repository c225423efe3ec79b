#pragma once
#include <boost/asio/awaitable.hpp>

namespace roost {

/// What every asynchronous function returns: `co_await` it. Runs on the io_context that awaits it.
template <class T = void>
using task = boost::asio::awaitable<T>;

}  // namespace roost
