#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "platform/task.hpp"

namespace roost::test {

/// What the task gives. Its context is never gone before a client: a client's thread that has just handed over an
/// answer may still be in there.
template <class T>
T run_here(task<T> asked)
{
    static boost::asio::io_context io;
    std::optional<T> answer;
    boost::asio::co_spawn(io, [&]() -> task<> { answer = co_await std::move(asked); }, boost::asio::detached);
    io.restart();
    io.run();
    return std::move(answer).value();
}

}  // namespace roost::test
