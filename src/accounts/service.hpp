#pragma once
#include <functional>
#include <string>
#include <vector>

#include "accounts/live_sessions.hpp"
#include "accounts/settings.hpp"
#include "accounts/store.hpp"
#include "accounts/user.hpp"
#include "platform/auth/password_pool.hpp"
#include "platform/auth/rate_limiter.hpp"
#include "platform/http/parameters.hpp"

namespace roost::accounts {

/// People: registering, looking after one's account, leaving.
class service
{
public:
    /// What another feature does in the transaction in which somebody closes their account; an error keeps it open.
    using farewell = std::function<task<result<void>>(pg::tx&, user_id)>;

    service(pg::database& db, const clock& now, live_sessions& sessions, auth::password_pool& passwords,
            auth::rate_limiter& limiter, limit_settings limits);

    /// A registration whose password has been judged and hashed: what may take long, before the transaction.
    /// errc::invalid_input for a weak password, errc::too_many_requests, errc::overloaded.
    task<result<std::string>> prepare(const new_user& wanted, const origin& from);
    /// And asks for a mail that proves the address. errc::username_taken, errc::email_taken. These do tell that an
    /// account exists: as long as an account works before its address is proved, whoever registers learns it anyway by
    /// succeeding. It is as slow as success, and limited per network.
    task<result<own_account>> add(pg::tx& tx, new_user wanted, std::string password_hash);

    task<result<own_account>> find(user_id who);
    task<result<public_profile>> profile(user_id whose);
    /// Of those who are here, in no order.
    task<std::vector<public_profile>> profiles(std::vector<user_id> whose);
    /// errc::version_mismatch, errc::invalid_input.
    task<result<own_account>> change(pg::tx& tx, identity who, account_changes changes, http::if_match condition);
    /// Closes the account for good: no sign-in, no profile, every session ended. What `on_leaving` refuses is not done.
    task<result<void>> leave(pg::tx& tx, identity who);
    void on_leaving(farewell f) { farewells_.push_back(std::move(f)); }

private:
    pg::database& db_;
    const clock& clock_;
    live_sessions& sessions_;
    auth::password_pool& passwords_;
    auth::rate_limiter& limiter_;
    limit_settings limits_;
    std::vector<farewell> farewells_;
};

}  // namespace roost::accounts
