#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "core/dates.hpp"
#include "core/id.hpp"
#include "platform/schema/schema.hpp"

namespace roost {

/// One of one's own sessions.
struct session_view
{
    session_id id;
    bool current = false, in_browser = false;
    std::string address, user_agent;
    instant created_at{}, last_used_at{}, expires_at{};

    static constexpr auto fields = schema::fields(
        schema::field<&session_view::id>("id", "For ending it."),
        schema::field<&session_view::current>("current", "Whether this request belongs to it."),
        schema::field<&session_view::in_browser>("in_browser", "Whether its tokens are cookies."),
        schema::field<&session_view::address>("address", schema::example("\"203.0.113.7\""),
                                              "Where it signed in from."),
        schema::field<&session_view::user_agent>("user_agent", "What it signed in with, by its own account."),
        schema::field<&session_view::created_at>("created_at", "When it signed in."),
        schema::field<&session_view::last_used_at>("last_used_at", "When it last got an access token."),
        schema::field<&session_view::expires_at>("expires_at", "When it ends by itself."));
};

struct login_request
{
    std::optional<std::string> username, email;
    std::string password;
    bool cookies = false;

    static constexpr auto fields = schema::fields(
        schema::field<&login_request::username>("username", schema::length(1, 254), schema::example("\"ann\""),
                                                "Username or e-mail address."),
        schema::field<&login_request::email>("email", schema::length(1, 254), "In place of `username`."),
        schema::field<&login_request::password>("password", schema::length(1, 1024), schema::secret,
                                                schema::example("\"correct horse battery\""), "The password."),
        schema::field<&login_request::cookies>(
            "cookies", schema::defaulted,
            "True for browsers: tokens come as cookies that scripts cannot read, and "
            "writes need the CSRF token in X-CSRF-Token."));
};

struct refresh_request
{
    std::optional<std::string> refresh_token;

    static constexpr auto fields = schema::fields(schema::field<&refresh_request::refresh_token>(
        "refresh_token", schema::length(1, 1024), schema::example("\"what the last answer gave\""),
        "The last one given; left out when it is a cookie."));
};

struct password_change
{
    std::string current_password, new_password;

    static constexpr auto fields = schema::fields(
        schema::field<&password_change::current_password>("current_password", schema::length(1, 1024), schema::secret,
                                                          "To prove that it is you."),
        schema::field<&password_change::new_password>("new_password", schema::length(10, 1024), schema::secret,
                                                      schema::example("\"another horse battery\""),
                                                      "At least 10 characters, and none everybody tries."));
};

/// What a session gives to its client. Cookie sessions get their tokens as cookies and the CSRF token here.
struct session_tokens
{
    session_id session;
    std::string token_type = "Bearer";
    std::optional<std::string> access_token;
    std::int32_t expires_in = 0;
    std::optional<std::string> refresh_token;
    instant refresh_expires_at{};
    std::optional<std::string> csrf_token;

    static constexpr auto fields = schema::fields(
        schema::field<&session_tokens::session>("session_id", "The session this is."),
        schema::field<&session_tokens::token_type>("token_type", schema::example("\"Bearer\""), "RFC 6750."),
        schema::field<&session_tokens::access_token>("access_token", "For Authorization: Bearer; null with cookies."),
        schema::field<&session_tokens::expires_in>("expires_in", schema::example("900"),
                                                   "Seconds until the access token is no longer good."),
        schema::field<&session_tokens::refresh_token>("refresh_token",
                                                      "Good for one refresh; null with cookies. Keep it secret."),
        schema::field<&session_tokens::refresh_expires_at>("refresh_expires_at", "When the session ends by itself."),
        schema::field<&session_tokens::csrf_token>("csrf_token",
                                                   "With cookies: to be sent as X-CSRF-Token with every write."));
};

}  // namespace roost
