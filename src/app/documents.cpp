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
                error{errc::not_found, "the files of Swagger UI are not installed: set ROOST_SHARE to their folder"},
                r);
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
    const auto folder = (share.empty() ? default_share() : share) + "/swagger-ui/";
    serve_file(a, "/docs/swagger-ui-bundle.js", "text/javascript", folder + "swagger-ui-bundle.js");
    serve_file(a, "/docs/swagger-ui.css", "text/css", folder + "swagger-ui.css");
}

}  // namespace roost::app
