#pragma once
#include <string_view>

#include "core/id.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

/// Notes who did what to money, in the transaction that does it. What is noted stays.
void audit(pg::tx& tx, user_id actor, std::string_view action, const uuid& subject, std::string_view reason,
           instant now);

}  // namespace roost::payments
