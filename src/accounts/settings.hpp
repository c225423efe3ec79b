#pragma once
#include <string>

#include "platform/schema/schema.hpp"

namespace roost {

/// Settings of signing in (section `auth`).
struct auth_settings
{
    std::string issuer = "roost", audience = "roost-api", secret;
    int access_minutes = 15, session_days = 30, refresh_grace_seconds = 10;
    int hash_threads = 0, hash_queue = 32;
    int verify_hours = 72, reset_minutes = 60;

    static constexpr auto fields = schema::fields(
        schema::field<&auth_settings::issuer>("issuer", schema::length(1, 200), schema::defaulted,
                                              "`iss` of access tokens."),
        schema::field<&auth_settings::audience>("audience", schema::length(1, 200), schema::defaulted,
                                                "`aud` of access tokens."),
        schema::field<&auth_settings::secret>("secret", schema::secret, schema::defaulted,
                                              "Encrypts the signing keys in the database; the same for all processes. "
                                              "Empty: they are kept as they are."),
        schema::field<&auth_settings::access_minutes>("access_minutes", schema::between(1, 60), schema::defaulted,
                                                      "How long an access token is good for."),
        schema::field<&auth_settings::session_days>("session_days", schema::between(1, 365), schema::defaulted,
                                                    "After how long one signs in again, however often one refreshes."),
        schema::field<&auth_settings::refresh_grace_seconds>(
            "refresh_grace_seconds", schema::between(0, 60), schema::defaulted,
            "How long a refresh can be repeated because its reply was lost."),
        schema::field<&auth_settings::hash_threads>("hash_threads", schema::between(0, 64), schema::defaulted,
                                                    "Threads that hash passwords; 0: one for every two cores."),
        schema::field<&auth_settings::hash_queue>("hash_queue", schema::between(1, 10'000), schema::defaulted,
                                                  "Hashes that may wait for a thread; the next is answered 503."),
        schema::field<&auth_settings::verify_hours>("verify_hours", schema::between(1, 720), schema::defaulted,
                                                    "How long a mailed token verifies an address."),
        schema::field<&auth_settings::reset_minutes>("reset_minutes", schema::between(5, 1'440), schema::defaulted,
                                                     "How long a mailed token resets a password."));
};

/// How often things may be tried (section `limits`); 0 is no limit. A network is an IPv4 address or an IPv6 /64.
struct limit_settings
{
    int login_account = 100, login_account_network = 10, login_network = 300, login_all = 3'000;
    int register_network = 30, register_all = 1'000, password_account = 10;
    int reset_account = 5, reset_network = 30, reset_all = 600, verify_account = 5, token_network = 60;

    static constexpr auto fields = schema::fields(
        schema::field<&limit_settings::login_account>(
            "login_account", schema::between(0, 1'000'000'000), schema::defaulted,
            "Sign-ins to one account per hour from networks it has not signed in from."),
        schema::field<&limit_settings::login_account_network>(
            "login_account_network", schema::between(0, 1'000'000'000), schema::defaulted,
            "Sign-ins to one account from one network per 15 minutes; a good one starts anew."),
        schema::field<&limit_settings::login_network>("login_network", schema::between(0, 1'000'000'000),
                                                      schema::defaulted, "Sign-ins from one network per 15 minutes."),
        schema::field<&limit_settings::login_all>("login_all", schema::between(0, 1'000'000'000), schema::defaulted,
                                                  "Sign-ins from unknown networks per minute, to all accounts."),
        schema::field<&limit_settings::register_network>("register_network", schema::between(0, 1'000'000'000),
                                                         schema::defaulted, "New accounts per network and hour."),
        schema::field<&limit_settings::register_all>("register_all", schema::between(0, 1'000'000'000),
                                                     schema::defaulted, "New accounts per minute, in all."),
        schema::field<&limit_settings::password_account>("password_account", schema::between(0, 1'000'000'000),
                                                         schema::defaulted,
                                                         "Password changes tried by one account per 15 minutes."),
        schema::field<&limit_settings::reset_account>("reset_account", schema::between(0, 1'000'000'000),
                                                      schema::defaulted, "Mails to reset one password per hour."),
        schema::field<&limit_settings::reset_network>("reset_network", schema::between(0, 1'000'000'000),
                                                      schema::defaulted,
                                                      "Mails to reset passwords that one network asks for per hour."),
        schema::field<&limit_settings::reset_all>("reset_all", schema::between(0, 1'000'000'000), schema::defaulted,
                                                  "Mails to reset passwords per minute, in all."),
        schema::field<&limit_settings::verify_account>("verify_account", schema::between(0, 1'000'000'000),
                                                       schema::defaulted,
                                                       "Mails to verify one account's address per hour."),
        schema::field<&limit_settings::token_network>("token_network", schema::between(0, 1'000'000'000),
                                                      schema::defaulted,
                                                      "Tokens from mails that one network tries per 15 minutes."));
};

}  // namespace roost
