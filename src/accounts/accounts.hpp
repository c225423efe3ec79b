#pragma once
#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <vector>

#include "accounts/key_store.hpp"
#include "accounts/live_sessions.hpp"
#include "accounts/mailed_token.hpp"
#include "accounts/service.hpp"
#include "accounts/settings.hpp"
#include "accounts/sign_in.hpp"
#include "platform/http/api.hpp"

namespace boost::asio {
class io_context;
}
namespace roost::redis {
class client;
}

namespace roost::accounts {

/// Everything of the feature, in the order it depends on itself. One per process.
struct feature
{
    pg::database& db;
    const roost::clock& clock;
    auth::key_ring ring;
    auth::token_service tokens;
    key_store keys;
    live_sessions sessions;
    auth::password_pool passwords;
    auth::rate_limiter limiter;
    accounts::sign_in sign_in;
    accounts::service people;
    mailed_tokens mailed;

    feature(pg::database& db, redis::client& redis, const roost::clock& now, const auth_settings& how,
            const limit_settings& limits);

    /// Who makes a request, by its bearer token or its cookies: the API's authenticator. A bad bearer token is an
    /// error; a bad cookie is nobody, because browsers send what they have, also to sign in anew. Writes with cookies
    /// need the CSRF token.
    task<result<std::optional<identity>>> authenticate(const http::request& r);

    /// Declares the operations below /users/ and /auth/, and /.well-known/jwks.json.
    void install(http::api& a);

    /// Keeps up with other processes: ended sessions, new signing keys; tidies. On one thread of the process, until
    /// stop() on that thread, which comes before its io_context ends.
    void start(boost::asio::io_context& on, pg::config database);
    void stop();

    ~feature();

private:
    struct background;
    std::shared_ptr<background> background_;
};

}  // namespace roost::accounts
