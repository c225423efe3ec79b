#pragma once
#include <memory>

#include "platform/graphql/execute.hpp"
#include "platform/graphql/settings.hpp"
#include "platform/graphql/subscriptions.hpp"

namespace roost::http {
class api;
}

namespace roost::graphql {

/// Serves the schema at /graphql, as the specification "GraphQL over HTTP" has it: POST of JSON, GET of queries alone,
/// application/graphql-response+json and application/json. Documents may be persisted by their SHA-256 (extensions:
/// persistedQuery, as Apollo's clients do). A form, a text or a multipart body is refused, so that no other site's page
/// can send one. Who asks is found out as over REST. `page` is for browsers that ask for HTML; empty: none.
///
/// To who accepts text/event-stream an answer is server-sent events, `next` and `complete`. That is how subscriptions
/// are answered, by POST or by GET, and only so.
void install(http::api& a, std::shared_ptr<const executable> what, const settings& how, subscriptions& all,
             std::string page);

}  // namespace roost::graphql
