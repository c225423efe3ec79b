#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "platform/auth/identity.hpp"
#include "platform/graphql/execute.hpp"
#include "platform/graphql/settings.hpp"
#include "platform/graphql/subscriptions.hpp"
#include "platform/http/message.hpp"

namespace roost::http {
class api;
}

/// Server-sent events as the protocol "GraphQL over Server-Sent Events" has them, with a connection for each operation.
namespace roost::graphql {

/// What is told as one event: `{"data":…}`.
std::string next_event(std::string_view answer);
/// That no other follows.
std::string complete_event();

/// A subscription that is to be answered, checked in all respects.
struct subscribing
{
    http::api& api;
    const http::request& request;
    std::shared_ptr<const executable> what;
    document_ptr document;
    const ast::operation& operation;
    boost::json::object variables;
    identity who;
};

/// Begins it, on the thread of its connection: errc::too_many_requests, errc::overloaded. It ends without a word when
/// the client should come again: at its deadline, when something may have been missed, and when who asked is not
/// signed in any more, which then is told. It ends with `complete` when the server does.
result<std::shared_ptr<http::body_stream>> begin_stream(subscribing s, subscriptions& all, const settings& how,
                                                        const boost::asio::any_io_executor& on);

}  // namespace roost::graphql
