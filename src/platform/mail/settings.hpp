#pragma once
#include <string>

#include "platform/schema/schema.hpp"

namespace roost::mail {

/// Settings of mails (section `mail`).
struct settings
{
    std::string url, username, password, ca_file;
    bool tls = true;
    std::string from = "roost@localhost", from_name = "Roost", reply_to;
    std::string site = "http://127.0.0.1:8080";
    int timeout_seconds = 30, connections = 2;

    static constexpr auto fields = schema::fields(
        schema::field<&settings::url>(
            "url", schema::defaulted,
            "The server that takes mails: smtp://host:587 or smtps://host; a path is the name to greet with. Empty: "
            "nothing is sent, and outside of production mails are kept for /dev/mail."),
        schema::field<&settings::username>("username", schema::defaulted, "For signing in there; empty: without."),
        schema::field<&settings::password>("password", schema::secret, schema::defaulted, "For signing in there."),
        schema::field<&settings::tls>("tls", schema::defaulted,
                                      "Whether smtp:// must turn to TLS (STARTTLS) before anything is said."),
        schema::field<&settings::ca_file>("ca_file", schema::defaulted,
                                          "PEM certificates to trust; empty: the system's."),
        schema::field<&settings::from>("from", schema::length(3, 254), schema::defaulted, "Sender's address."),
        schema::field<&settings::from_name>("from_name", schema::at_most(80), schema::defaulted, "Sender's name."),
        schema::field<&settings::reply_to>("reply_to", schema::at_most(254), schema::defaulted,
                                           "Where answers go; empty: to the sender."),
        schema::field<&settings::site>(
            "site", schema::length(8, 500), schema::defaulted,
            "Public address of the site, for links: it shows /verify-email, /reset-password, /bookings/{id}, "
            "/reviews/new, /reviews/{id}, /properties/{id}/calendar, /account/sessions, /account/password-reset and "
            "/account/payouts, and hands /unsubscribe on to this service."),
        schema::field<&settings::timeout_seconds>("timeout_seconds", schema::between(1, 30), schema::defaulted,
                                                  "Longest handing over of one mail."),
        schema::field<&settings::connections>("connections", schema::between(1, 16), schema::defaulted,
                                              "Mails this process hands over at a time."));
};

}  // namespace roost::mail
