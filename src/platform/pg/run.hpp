#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "platform/pg/database.hpp"

namespace roost::pg {

/// For commands, which have no event loop: runs a coroutine on one of its own, to its end.
template <class T>
T run(database& db, task<T> work)
{
    boost::asio::io_context context;
    auto done = boost::asio::co_spawn(context, std::move(work), boost::asio::use_future);
    // The database's connections keep the context busy; the future says when to stop.
    while (done.wait_for(std::chrono::seconds{0}) != std::future_status::ready) context.run_one();
    db.disconnect(context);
    context.run_for(std::chrono::seconds{1});
    return done.get();
}

}  // namespace roost::pg
