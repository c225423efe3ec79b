#pragma once
#include <optional>
#include <string>
#include <vector>

#include "accounts/refresh_token.hpp"
#include "accounts/session.hpp"
#include "accounts/user.hpp"
#include "platform/auth/identity.hpp"
#include "platform/pg/database.hpp"

/// Typed functions over queries.sql. Each is one statement, so it happens wholly or not at all.
namespace roost::accounts {

/// What a sign-in checks.
struct credentials
{
    user_id user;
    bool is_host = false, is_admin = false;
    std::string password_hash;  // empty: nobody can sign in
    bool known = false;         // has signed in from this network lately

    static constexpr auto fields = schema::fields(
        schema::field<&credentials::user>("user_id"), schema::field<&credentials::is_host>("is_host"),
        schema::field<&credentials::is_admin>("is_admin"), schema::field<&credentials::password_hash>("password_hash"),
        schema::field<&credentials::known>("known"));
};

/// A live session and whose it is.
struct live_session
{
    session_id session;
    user_id user;
    bool is_host = false, is_admin = false;

    identity who() const { return {user, session, is_host, is_admin}; }

    static constexpr auto fields = schema::fields(
        schema::field<&live_session::session>("session"), schema::field<&live_session::user>("user"),
        schema::field<&live_session::is_host>("is_host"), schema::field<&live_session::is_admin>("is_admin"));
};

/// A session whose refresh token has just been replaced.
struct rotation
{
    session_id session;
    user_id user;
    bool is_host = false, is_admin = false;
    std::string successor_salt;
    instant expires_at{};

    identity who() const { return {user, session, is_host, is_admin}; }

    static constexpr auto fields = schema::fields(
        schema::field<&rotation::session>("session"), schema::field<&rotation::user>("user"),
        schema::field<&rotation::is_host>("is_host"), schema::field<&rotation::is_admin>("is_admin"),
        schema::field<&rotation::successor_salt>("successor_salt"), schema::field<&rotation::expires_at>("expires_at"));
};

/// Where a request comes from.
struct origin
{
    std::string address, user_agent;

    /// The address, or the /64 an IPv6 address is in: what one subscriber can choose freely counts as one.
    std::string network() const;
    /// The /24 or /64 the address is in: providers move people about within one.
    std::string place() const;
};

/// One key for every spelling of a name or an address, of bounded size: what limits are counted by.
std::string subject_of(std::string name);

struct new_session
{
    session_id id;
    user_id user;
    std::string password_hash;  // that was checked
    refresh_token token;
    bool cookies;
    origin from;
    instant now, expires_at;
};

task<std::optional<credentials>> find_credentials(pg::database& db, const std::string& name, const std::string& network,
                                                  instant since);
task<std::optional<credentials>> find_credentials(pg::database& db, user_id of);
/// False when the account was closed or its password changed since the check.
task<bool> insert_session(pg::database& db, const new_session& s);
/// Moves the session from `token` to its successor by `salt`; nothing when the token is not current.
task<std::optional<rotation>> rotate(pg::database& db, const refresh_token& token, const std::string& salt,
                                     bool cookies, instant now);
/// The rotation away from `token` when it happened after `since`, to answer it again.
task<std::optional<rotation>> repeat_rotation(pg::database& db, const refresh_token& token, bool cookies, instant now,
                                              instant since);
/// Ends the token's session unless the token is current, or was until after `since`.
task<bool> end_reused(pg::database& db, const refresh_token& token, instant now, instant since);
/// False when the password was changed meanwhile. Ends every session of the account.
task<bool> change_password(pg::database& db, user_id of, const std::string& old_hash, const std::string& new_hash,
                           instant now);

}  // namespace roost::accounts
