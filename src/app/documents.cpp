#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <memory>

#include "app/operations.hpp"
#include "app/version.hpp"
#include "platform/http/problem.hpp"

namespace roost::app {
namespace {

// Swagger UI, told to read our contract. Inline script would need a looser policy, so the start is a file too.
constexpr std::string_view page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Roost API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
)";

constexpr std::string_view start = R"(SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null, displayRequestDuration: true,
});
)";

// GraphiQL, asking the graph beside it.
constexpr std::string_view graph_page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Roost GraphQL</title>
<link rel="stylesheet" href="/graphql/graphiql.min.css">
<style>html, body, #graphiql { height: 100%; margin: 0; }</style>
</head>
<body>
<div id="graphiql"></div>
<script src="/graphql/react.production.min.js"></script>
<script src="/graphql/react-dom.production.min.js"></script>
<script src="/graphql/graphiql.min.js"></script>
<script src="/graphql/start.js"></script>
</body>
</html>
)";

constexpr std::string_view graph_start = R"(const tour = [
  `# What can be booked: filters as in REST, exact totals when dates are given.
query Search {
  properties(first: 5, filter: {guests: 2}, orderBy: NEWEST) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges {
      cursor
      totalPrice { amount currency }
      node {
        id title rating
        nightlyPrice { amount currency }
        host { displayName }
        reviews(first: 3) { nodes { rating comment author { displayName } } }
      }
    }
  }
}
`,
  `# Sign in first: { "Authorization": "Bearer …" } below, from the mutation login.
query Mine {
  viewer { username email roles }
  bookings(first: 10) {
    nodes { id status checkIn checkOut price { total { amount currency } } property { title } }
  }
}
`,
  `mutation SignIn {
  login(input: {username: "ann", password: "correct horse battery"}) {
    tokens { accessToken expiresIn }
    userErrors { code message path }
  }
}
`,
];
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    defaultTabs: tour.map((query) => ({ query })),
    shouldPersistHeaders: false,
  }),
);
)";

/// Which files are served as they are: path, type, and where in the share folder.
struct asset
{
    std::string_view path, type, file;
};
constexpr asset assets[] = {
    {"/docs/swagger-ui-bundle.js", "text/javascript", "swagger-ui/swagger-ui-bundle.js"},
    {"/docs/swagger-ui.css", "text/css", "swagger-ui/swagger-ui.css"},
    {"/graphql/graphiql.min.js", "text/javascript", "graphiql/graphiql.min.js"},
    {"/graphql/graphiql.min.css", "text/css", "graphiql/graphiql.min.css"},
    {"/graphql/react.production.min.js", "text/javascript", "graphiql/react.production.min.js"},
    {"/graphql/react-dom.production.min.js", "text/javascript", "graphiql/react-dom.production.min.js"},
};

http::response reply(std::string_view type, http::shared_bytes body)
{
    http::response r;
    r.content_type = type;
    r.body = std::move(body);
    r.set("Cache-Control", "public, max-age=300");
    r.set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'");
    return r;
}

void serve(http::api& a, std::string path, std::string_view type, std::string text)
{
    a.raw(std::move(path),
          [type, body = std::make_shared<const std::string>(std::move(text))](
              const http::request&) -> task<http::response> { co_return reply(type, body); });
}

/// Read at each request: only the documentation page asks, and a missing file can be put right without a restart.
void serve_file(http::api& a, std::string path, std::string_view type, std::string file)
{
    a.raw(std::move(path), [type, file = std::move(file)](const http::request& r) -> task<http::response> {
        std::ifstream in{file, std::ios::binary};
        if (!in)
            co_return http::problem(
                error{errc::not_found, "the files of this page are not installed: set ROOST_SHARE to their folder"}, r);
        co_return reply(type, std::make_shared<const std::string>(std::istreambuf_iterator<char>{in},
                                                                  std::istreambuf_iterator<char>{}));
    });
}

}  // namespace

std::string default_share()
{
    std::error_code ec;
    const auto binary = std::filesystem::read_symlink("/proc/self/exe", ec);
    return (binary.parent_path().parent_path() / "share" / "roost").string();
}

void install_documents(http::api& a, const std::string& share)
{
    serve(a, "/openapi.json", "application/json", http::openapi(a, version));
    for (const auto* path : {"/docs", "/docs/"}) serve(a, path, "text/html; charset=utf-8", std::string{page});
    serve(a, "/docs/start.js", "text/javascript", std::string{start});
    serve(a, "/graphql/start.js", "text/javascript", std::string{graph_start});
    const auto folder = (share.empty() ? default_share() : share) + "/";
    for (const auto& one : assets) serve_file(a, std::string{one.path}, one.type, folder + std::string{one.file});
}

std::string graphiql_page() { return std::string{graph_page}; }

}  // namespace roost::app
