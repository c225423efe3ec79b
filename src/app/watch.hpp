#pragma once
#include <memory>

#include "platform/pg/database.hpp"

namespace roost::app {

/// Turns what the database client reports into metrics and log lines.
std::shared_ptr<pg::observer> watch_database();

}  // namespace roost::app
