#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "platform/http/operation.hpp"
#include "platform/task.hpp"

namespace roost::pg {
class database;
class queryable;
}  // namespace roost::pg

namespace roost::http {

/// The Idempotency-Key of a request with whose it is and for what. Kept replies live in PostgreSQL, written by the
/// transaction of the effect, so a reply exists exactly if its effect does.
struct idempotency_key
{
    std::string principal, operation, key, fingerprint;

    /// Nothing when the request has none and needs none. errc::malformed: not 1–255 visible ASCII characters, or
    /// given twice.
    static result<std::optional<idempotency_key>> of(const call& c, const struct operation& op);
};

/// Claims the key for this transaction. A reply: the request was served before, and this is its answer. Nothing:
/// the caller goes on. Errors: request_in_progress (the first one still runs), idempotency_key_reused (it was
/// another request).
task<result<std::optional<reply>>> claim(pg::tx& tx, const idempotency_key& key);

/// The reply kept under this key, without claiming it: nothing when there is none. errc::idempotency_key_reused as
/// there.
task<result<std::optional<reply>>> find_kept(pg::queryable& q, const idempotency_key& key);

/// Keeps the reply; its error, if any, surfaces at the commit.
void keep(pg::tx& tx, const idempotency_key& key, const reply& r);

/// The work that belongs to a key: to be done by whoever got it, or done before.
struct claimed_work
{
    uuid work;
    std::optional<reply> kept = {};
};

/// Claims the key at once and for so long, whatever becomes of the caller. Errors as of claim().
task<result<claimed_work>> claim_work(pg::database& db, const idempotency_key& key, std::chrono::milliseconds lease);
/// The reply kept under a claimed key, which stays locked until the transaction ends.
task<result<std::optional<reply>>> find_kept_work(pg::tx& tx, const idempotency_key& key);
/// Nothing was begun: the key is free again.
task<> forget_work(pg::database& db, const idempotency_key& key);

/// Forgets at most `batch` replies that are older than seven days, by the database's clock; returns how many.
task<std::int64_t> forget_old_replies(pg::database& db, int batch);

}  // namespace roost::http
