#pragma once
#include <string>
#include <vector>

#include "accounts/key_store.hpp"
#include "accounts/live_sessions.hpp"
#include "accounts/session.hpp"
#include "accounts/settings.hpp"
#include "accounts/store.hpp"
#include "platform/auth/access_token.hpp"
#include "platform/auth/password_pool.hpp"
#include "platform/auth/rate_limiter.hpp"

namespace roost::accounts {

/// Signing in and out. Unknown, closed and password-less accounts are answered like a wrong password, and as slowly.
class sign_in
{
public:
    sign_in(pg::database& db, const clock& now, key_store& keys, const auth::token_service& tokens,
            live_sessions& sessions, auth::password_pool& passwords, auth::rate_limiter& limiter, auth_settings how,
            limit_settings limits);

    /// A new session. errc::invalid_credentials; errc::too_many_requests; errc::overloaded. Somebody who has signed in
    /// from this network before gets in whatever strangers try elsewhere.
    task<result<session_tokens>> login(login_request body, origin from);

    /// New tokens for the last refresh token, which is worth nothing afterwards; the same refresh token again when
    /// the request is repeated within the grace time. An older one ends the session: somebody has a copy.
    /// Cookie sessions also need `csrf`. errc::invalid_credentials.
    task<result<session_tokens>> refresh(std::string token, bool cookies, std::string csrf);

    /// Ends one of the caller's sessions. errc::not_found.
    task<result<void>> end(identity who, session_id which, std::string reason);
    /// Ends all of them, this one too.
    task<result<void>> end_all(identity who);
    task<std::vector<session_view>> list(identity who);

    /// Ends every session of the account, and begins a new one for the caller. errc::invalid_credentials when the
    /// current password is wrong; errc::invalid_input when the new one is weak.
    task<result<session_tokens>> change_password(identity who, password_change body, bool cookies, origin from);

    /// Deletes a portion of the sessions that ended by themselves long ago.
    task<> tidy();

private:
    task<result<credentials>> checked(std::string name, std::string password, const origin& from);
    task<result<session_tokens>> begin(const identity& who, std::string password_hash, bool cookies, origin from);
    session_tokens reply(const identity& who, const refresh_token& token, bool cookies, instant expires_at) const;

    pg::database& db_;
    const clock& clock_;
    key_store& keys_;
    const auth::token_service& tokens_;
    live_sessions& sessions_;
    auth::password_pool& passwords_;
    auth::rate_limiter& limiter_;
    auth_settings how_;
    limit_settings limits_;
};

}  // namespace roost::accounts
