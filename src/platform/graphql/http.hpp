#pragma once
#include <memory>

#include "platform/graphql/execute.hpp"
#include "platform/graphql/settings.hpp"

namespace roost::http {
class api;
}

namespace roost::graphql {

/// Serves the schema at /graphql, as the specification "GraphQL over HTTP" has it: POST of JSON, GET of queries alone,
/// application/graphql-response+json and application/json. Documents may be persisted by their SHA-256 (extensions:
/// persistedQuery, as Apollo's clients do). A form, a text or a multipart body is refused, so that no other site's page
/// can send one. Who asks is found out as over REST. `page` is for browsers that ask for HTML; empty: none.
void install(http::api& a, std::shared_ptr<const executable> what, const settings& how, std::string page);

}  // namespace roost::graphql
