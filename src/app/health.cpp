#include <string>

#include "app/operations.hpp"
#include "platform/http/problem.hpp"
#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"
#include "platform/schema/json.hpp"

namespace roost::app {
namespace {

constexpr pg::statement ping{"app.ping", "select true"};

struct readiness
{
    std::string status, postgresql, redis;

    static constexpr auto fields =
        schema::fields(schema::field<&readiness::status>("status"), schema::field<&readiness::postgresql>("postgresql"),
                       schema::field<&readiness::redis>("redis"));
};

http::response text(int status, std::string_view type, std::string body)
{
    http::response r;
    r.status = status;
    r.content_type = type;
    r.body = std::move(body);
    r.set("Cache-Control", "no-store");
    return r;
}

task<bool> answers(pg::database& db)
{
    try
    {
        co_return (co_await db.one<bool>(ping)).has_value();
    }
    catch (const pg::unavailable&)
    {
        co_return false;
    }
}

}  // namespace

void install_health(http::api& a, services& s)
{
    a.raw("/healthz", [](const http::request&) -> task<http::response> {
        co_return text(200, "application/json", R"({"status":"ok"})");
    });
    // Redis may be away: the service is slower then, not wrong, so it stays in rotation and says "degraded".
    a.raw("/readyz", [&s](const http::request&) -> task<http::response> {
        const bool pg = co_await answers(s.db);
        const bool redis = s.redis.healthy();
        readiness r;
        r.status = !pg ? "unavailable" : redis ? "ok" : "degraded";
        r.postgresql = pg ? "ok" : "unavailable";
        r.redis = redis ? "ok" : "unavailable";
        co_return text(pg ? 200 : 503, "application/json", schema::to_json(r));
    });
    a.raw("/metrics", [](const http::request&) -> task<http::response> {
        co_return text(200, "text/plain; version=0.0.4; charset=utf-8", observe::metrics().text());
    });

    const auto level = [&s](std::string_view name, std::string_view help, int pg::counts::* member) {
        observe::metrics().gauge(name, help, {}, [&s, member] { return static_cast<double>(s.db.now().*member); });
    };
    level("roost_pg_connections", "Open connections to PostgreSQL.", &pg::counts::open);
    level("roost_pg_connections_busy", "Connections held by a transaction or a slow statement.", &pg::counts::busy);
    level("roost_pg_waiting", "Callers waiting for a connection.", &pg::counts::waiting);
    level("roost_pg_in_flight", "Statements sent and not answered.", &pg::counts::in_flight);
    observe::metrics().gauge("roost_redis_up", "1 while every thread reaches Redis.", {},
                             [&s] { return s.redis.healthy() ? 1.0 : 0.0; });
}

}  // namespace roost::app
