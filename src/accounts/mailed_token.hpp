#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "accounts/live_sessions.hpp"
#include "accounts/settings.hpp"
#include "accounts/user.hpp"
#include "core/clock.hpp"
#include "platform/auth/identity.hpp"
#include "platform/auth/password_pool.hpp"
#include "platform/auth/rate_limiter.hpp"
#include "platform/pg/database.hpp"

namespace roost::accounts {

struct origin;

enum class token_purpose
{
    verify_email,
    reset_password,
};
constexpr auto names_of(token_purpose) { return std::to_array<std::string_view>({"verify_email", "reset_password"}); }

struct email_proof
{
    std::string token;

    static constexpr auto fields = schema::fields(schema::field<&email_proof::token>(
        "token", schema::length(1, 200), schema::example("\"q1Zf…\""), "From the mail."));
};

struct reset_request
{
    std::string email;

    static constexpr auto fields = schema::fields(
        schema::field<&reset_request::email>("email", schema::length(3, 254), schema::matches(email_format),
                                             schema::example("\"ann@example.com\""), "The account's address."));
};

struct password_reset
{
    std::string token, new_password;

    static constexpr auto fields = schema::fields(
        schema::field<&password_reset::token>("token", schema::length(1, 200), schema::example("\"q1Zf…\""),
                                              "From the mail."),
        schema::field<&password_reset::new_password>("new_password", schema::length(10, 1024), schema::secret,
                                                     schema::example("\"another horse battery\""),
                                                     "At least 10 characters, and none everybody tries."));
};

/// What a token that came by mail is good for: proving that an address is the person's, and a new password for those
/// who forgot theirs. A token works once, until it expires, and is kept as a hash only. Who asks for a mail gets the
/// same answer, after the same work, whether or not there is an account.
class mailed_tokens
{
public:
    mailed_tokens(pg::database& db, const clock& now, live_sessions& sessions, auth::password_pool& passwords,
                  auth::rate_limiter& limiter, auth_settings how, limit_settings limits);

    /// A new token, for whoever writes the mail; those before stay good, since a mail may be sent twice. Nothing when
    /// the account is closed or has no address. It must go nowhere but into the mail.
    task<std::optional<std::string>> issue(pg::tx& tx, user_id whose, token_purpose purpose);
    std::chrono::minutes good_for(token_purpose purpose) const;

    /// Counts a request for another mail that proves the address: before its transaction. errc::too_many_requests.
    task<result<bool>> admit_resend(const identity& who);
    /// errc::wrong_state when the address is proved.
    task<result<void>> resend_verification(pg::tx& tx, const identity& who);
    /// errc::invalid_input names the token when it is no good (any more).
    task<result<void>> verify_email(pg::tx& tx, std::string token);

    /// Counts a request to reset a password: before its transaction. errc::too_many_requests.
    task<result<bool>> admit_reset(const reset_request& asked, const origin& from);
    task<result<void>> ask_reset(pg::tx& tx, reset_request asked);

    /// Counts a try of a token. errc::too_many_requests.
    task<result<bool>> admit_token(const origin& from);
    /// The hash of the new password, if the token is good: what takes long, before the transaction. The token is not
    /// used up by a password that is refused. errc::invalid_input, too_many_requests, overloaded.
    task<result<std::string>> prepare_reset(password_reset wanted, const origin& from);
    /// Sets it and ends every session of the account.
    task<result<void>> reset(pg::tx& tx, std::string token, std::string password_hash);

private:
    pg::database& db_;
    const clock& clock_;
    live_sessions& sessions_;
    auth::password_pool& passwords_;
    auth::rate_limiter& limiter_;
    auth_settings how_;
    limit_settings limits_;
};

}  // namespace roost::accounts
