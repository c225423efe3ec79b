#pragma once
#include <optional>
#include <stdexcept>
#include <string>

#include "core/error.hpp"

namespace roost::pg {

/// PostgreSQL could not do it now: no connection free in time, restarting, frozen, timed out, out of space, or the
/// retries after conflicts are used up. Nothing was changed. Answer 503 with Retry-After.
struct unavailable : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// Somebody else held a lock for longer than the setting allows. In a transaction it ends that transaction.
struct lock_timeout : unavailable
{
    using unavailable::unavailable;
};

/// The connection broke between sending COMMIT (or a statement outside a transaction) and its answer: done or not,
/// nobody knows. Answer 503; a client with an idempotency key asks again and finds out.
struct outcome_unknown : unavailable
{
    using unavailable::unavailable;
};

/// PostgreSQL refused the statement: a violated constraint, or a bug of ours.
struct sql_error : std::runtime_error
{
    std::string sqlstate;          // "23505"
    std::string constraint;        // the name, when one was violated
    std::optional<error> meaning;  // what the application says this constraint means to its callers

    sql_error(const std::string& what, std::string state, std::string name = {}, std::optional<error> means = {})
        : std::runtime_error{what}, sqlstate{std::move(state)}, constraint{std::move(name)}, meaning{std::move(means)}
    {}
};

}  // namespace roost::pg
