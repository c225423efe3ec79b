#pragma once
#include <boost/json/object.hpp>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.hpp"

/// Inside of GraphQL over HTTP.
namespace roost::graphql {

/// What a client sends.
struct asked
{
    std::string query;
    std::string operation;
    boost::json::object variables;
    std::string hash;  // lower-case hex of a persisted document's SHA-256
};

/// Why a request is none: a status, and a message for its author.
struct not_a_request
{
    int status = 400;
    std::string message;
};

/// What an HTTP request has: one, or a list of them.
struct all_asked
{
    std::vector<asked> each;
    bool list = false;
};

/// Reads the parameters of a GET, or the body of a POST: a list has at most so many.
std::expected<all_asked, not_a_request> read_requests(const http::request& r, std::size_t most_bytes, std::size_t most);

enum class media_type
{
    none,  // nothing we have is acceptable
    json,
    graphql_response,
    event_stream,
    html,
};

/// What the answer shall be.
media_type negotiate(const http::request& r);

}  // namespace roost::graphql
