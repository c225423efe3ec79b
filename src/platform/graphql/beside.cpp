#include "platform/graphql/beside.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace roost::graphql {

namespace asio = boost::asio;

task<> all_of(std::vector<task<>> work)
{
    if (work.empty()) co_return;
    const auto here = co_await asio::this_coro::executor;
    using operation = decltype(asio::co_spawn(here, std::move(work.front()), asio::deferred));
    std::vector<operation> begun;
    begun.reserve(work.size());
    for (auto& w : work) begun.push_back(asio::co_spawn(here, std::move(w), asio::deferred));
    const auto [order, thrown] = co_await asio::experimental::make_parallel_group(std::move(begun))
                                     .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto& e : thrown)
        if (e) std::rethrow_exception(e);
}

}  // namespace roost::graphql
