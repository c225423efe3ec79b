#pragma once
#include <string>
#include <vector>

#include "core/error.hpp"
#include "platform/schema/schema.hpp"

namespace roost {

/// Section `mpesa`.
struct mpesa_settings
{
    std::string consumer_key, consumer_secret, passkey, short_code, initiator_name, initiator_password,
        certificate_file, callback_base, callback_secret;
    std::vector<std::string> networks;
    std::string api_base = "https://api.safaricom.co.ke";

    static constexpr auto fields = schema::fields(
        schema::field<&mpesa_settings::consumer_key>("consumer_key", schema::secret, schema::defaulted,
                                                     "Of the app on Safaricom's Daraja."),
        schema::field<&mpesa_settings::consumer_secret>("consumer_secret", schema::secret, schema::defaulted,
                                                        "Its secret."),
        schema::field<&mpesa_settings::passkey>("passkey", schema::secret, schema::defaulted,
                                                "Of the paybill for M-Pesa Express."),
        schema::field<&mpesa_settings::short_code>("short_code", schema::defaulted,
                                                   "The paybill's number, which takes payments and pays out."),
        schema::field<&mpesa_settings::initiator_name>(
            "initiator_name", schema::defaulted,
            "The API operator who may reverse payments, pay to customers and ask for the status of transactions."),
        schema::field<&mpesa_settings::initiator_password>("initiator_password", schema::secret, schema::defaulted,
                                                           "The operator's password; it is good for 90 days."),
        schema::field<&mpesa_settings::certificate_file>(
            "certificate_file", schema::defaulted,
            "Safaricom's certificate (PEM or DER) that the password is encrypted for."),
        schema::field<&mpesa_settings::callback_base>(
            "callback_base", schema::defaulted,
            "Where Safaricom reaches this API from outside: https://api.example.com."),
        schema::field<&mpesa_settings::callback_secret>(
            "callback_secret", schema::secret, schema::defaulted,
            "32 characters or more that nobody knows. The addresses given to Safaricom are derived from it; what is "
            "told at those of an earlier one is refused."),
        schema::field<&mpesa_settings::networks>(
            "networks", schema::defaulted,
            "Addresses and networks that Safaricom calls from; empty: any. See http.trusted_proxies."),
        schema::field<&mpesa_settings::api_base>("api_base", schema::defaulted,
                                                 "Daraja; its sandbox is https://sandbox.safaricom.co.ke."));

    /// What lacks or cannot be meant.
    result<void> check() const;
};

}  // namespace roost
