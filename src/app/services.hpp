#pragma once
#include "accounts/accounts.hpp"
#include "app/settings.hpp"
#include "bookings/calendar.hpp"
#include "bookings/service.hpp"
#include "bookings/sweeper.hpp"
#include "core/clock.hpp"
#include "platform/http/api.hpp"
#include "platform/pg/database.hpp"
#include "platform/redis/client.hpp"
#include "properties/service.hpp"
#include "search/service.hpp"

namespace roost::app {

/// Everything the program is made of, in the order in which it depends on what stands before it. Lives on the stack
/// of the command that runs and outlives every coroutine.
struct services
{
    roost::clock clock;
    pg::database db;
    redis::client redis;
    accounts::feature accounts;
    properties::service properties;
    search::service search;
    bookings::calendar calendar;
    bookings::service bookings;
    bookings::sweeper sweeper;

    explicit services(const settings& s);
};

/// Declares every operation of every feature.
void install_features(http::api& a, services& s);

}  // namespace roost::app
