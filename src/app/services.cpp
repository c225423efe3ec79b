#include "app/services.hpp"

#include "app/watch.hpp"
#include "bookings/rest.hpp"
#include "bookings/store.hpp"
#include "properties/rest.hpp"

namespace roost::app {
namespace {

pg::config watched(pg::config c)
{
    c.watch = watch_database();
    return c;
}

bookings::market terms(const market_settings& m)
{
    return {.guest_fee_bp = m.guest_fee_basis_points,
            .host_fee_bp = m.host_fee_basis_points,
            .quote = std::chrono::minutes{m.quote_minutes},
            .hold = std::chrono::minutes{m.hold_minutes},
            .request = std::chrono::hours{m.request_hours},
            .holds_per_guest = m.holds_per_guest};
}

}  // namespace

services::services(const settings& s)
    : db{watched(s.for_database())},
      redis{{.url = s.redis.url, .budget = std::chrono::milliseconds{s.redis.budget_ms}}},
      properties{db, redis, clock,
                 [this](pg::tx& tx, property_id id) { return bookings::has_live_bookings(tx, id, clock.now()); }},
      calendar{db, clock},
      bookings{db, clock, terms(s.market)},
      sweeper{db, clock}
{}

void install_features(http::api& a, services& s)
{
    properties::install_rest(a, s.properties);
    bookings::install(a, s.bookings, s.calendar);
}

}  // namespace roost::app
