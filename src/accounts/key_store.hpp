#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "platform/auth/keys.hpp"
#include "platform/pg/database.hpp"

namespace roost::accounts {

/// A key as operators see it.
struct key_view
{
    std::string kid;
    instant signs_from{}, created_at{};
    std::optional<instant> verifies_until;
};

/// Keeps the process's signing keys like the table's. Private keys leave the database only into memory.
class key_store
{
public:
    /// From publishing a key to its first signature: longer than any process or cache of the JWKS stays behind.
    static constexpr std::chrono::minutes lead{5};
    static constexpr std::chrono::seconds reload_every{10};

    /// `secret`: seals private keys; empty: they are stored as PEM. `longest`: how long an access token is good for.
    key_store(pg::database& db, const clock& now, auth::key_ring& ring, std::string secret,
              std::chrono::seconds longest);

    /// Loads the keys; makes the first one when there is none. Throws pg::unavailable, std::runtime_error when the
    /// secret is not the one they were sealed with.
    task<> load();
    /// load(), unless the process has keys already.
    task<> ready();

    /// A new key, which signs after `lead`; the older ones go on verifying until their last token has expired.
    /// With `at_once` the new key signs now, and the older ones are worth nothing from now on: for a key that leaked.
    task<std::string> rotate(bool at_once);
    task<std::vector<key_view>> list();

private:
    task<> insert(pg::tx& tx, const auth::signing_key& key);

    pg::database& db_;
    const clock& clock_;
    auth::key_ring& ring_;
    std::string secret_;
    std::chrono::seconds longest_;
};

}  // namespace roost::accounts
