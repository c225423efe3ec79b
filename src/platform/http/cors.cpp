#include "platform/http/cors.hpp"

#include <algorithm>

namespace roost::http {
namespace {

constexpr std::string_view methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr std::string_view request_fields =
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-CSRF-Token, X-Request-Id, traceparent";
constexpr std::string_view reply_fields =
    "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed, X-Request-Id, Server-Timing";

// A reply that differs by origin must not be kept for another one.
void vary_by_origin(response& to)
{
    const auto vary = to.find("Vary");
    to.set("Vary", vary ? std::string{*vary} + ", Origin" : "Origin");
}

}  // namespace

cors::cors(std::vector<std::string> origins) : origins_{std::move(origins)}
{
    any_ = std::ranges::contains(origins_, "*");
}

bool cors::allows(std::string_view origin) const { return any_ || std::ranges::contains(origins_, origin); }

void cors::grant(std::string_view origin, response& to) const
{
    if (std::ranges::contains(origins_, origin))
    {
        to.set("Access-Control-Allow-Origin", std::string{origin});
        to.set("Access-Control-Allow-Credentials", "true");
    }
    else
        to.set("Access-Control-Allow-Origin", "*");
}

std::optional<response> cors::preflight(const request& r) const
{
    const auto origin = r.find("Origin");
    if (origins_.empty() || r.method != method::options || !origin || !r.find("Access-Control-Request-Method"))
        return std::nullopt;
    response answer;
    answer.status = 204;
    answer.route = "(preflight)";
    vary_by_origin(answer);
    if (!allows(*origin)) return answer;
    grant(*origin, answer);
    answer.set("Access-Control-Allow-Methods", std::string{methods});
    answer.set("Access-Control-Allow-Headers", std::string{request_fields});
    answer.set("Access-Control-Max-Age", "7200");
    return answer;
}

void cors::apply(const request& r, response& to) const
{
    if (origins_.empty()) return;
    vary_by_origin(to);
    const auto origin = r.find("Origin");
    if (!origin || !allows(*origin)) return;
    grant(*origin, to);
    to.set("Access-Control-Expose-Headers", std::string{reply_fields});
}

}  // namespace roost::http
