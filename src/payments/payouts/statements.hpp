#pragma once
#include <string>

#include "core/error.hpp"
#include "payments/payouts/resources.hpp"
#include "platform/auth/identity.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

/// What changed a host's balance in one currency, as the ledger has it: to the last unit, opening balance and lines are
/// the closing balance. Days are days in UTC.
class statements
{
    pg::database& db_;

    task<result<host_statement>> read(user_id host, const statement_query& q, int most);

public:
    explicit statements(pg::database& db) : db_{db} {}

    /// One page. errc::invalid_input for a period that is empty or longer than a year.
    task<result<host_statement>> page(const identity& who, const statement_query& q);
    /// All of it (RFC 4180), amounts in minor units. errc::invalid_input for more lines than one table takes.
    task<result<std::string>> csv(const identity& who, const statement_query& q);
};

}  // namespace roost::payments
