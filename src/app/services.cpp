#include "app/services.hpp"

#include "app/watch.hpp"

namespace roost::app {
namespace {

pg::config watched(pg::config c)
{
    c.watch = watch_database();
    return c;
}

}  // namespace

services::services(const settings& s)
    : db{watched(s.for_database())}, redis{{.url = s.redis.url, .budget = std::chrono::milliseconds{s.redis.budget_ms}}}
{}

void install_features(http::api& a, services& s)
{
    (void)a;
    (void)s;
}

}  // namespace roost::app
