#pragma once
#include <boost/asio/io_context.hpp>
#include <memory>

#include "core/clock.hpp"
#include "platform/pg/database.hpp"

namespace roost::app {

/// Keeps the clock of business rules at the database's time. A machine whose clock is wrong would otherwise sell nights
/// that others still hold, or end everybody's requests.
class database_time
{
    struct keeper;

    clock& clock_;
    pg::database& db_;
    std::shared_ptr<keeper> keeper_;

public:
    database_time(clock& c, pg::database& db) : clock_{c}, db_{db} {}

    /// Compares once, before anything is served, on a loop of its own; without a database it leaves the clock alone.
    void compare_now();
    /// Compares every few seconds on this loop, until `stop`.
    void start(boost::asio::io_context& on);
    void stop();
};

}  // namespace roost::app
