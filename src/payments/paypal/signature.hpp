#pragma once
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/dates.hpp"

/// Signatures by certificate, as PayPal signs what it tells. Nothing is asked of anybody.
namespace roost::payments::paypal {

using public_key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

/// Authorities that vouch for certificates. For all threads.
class authorities
{
    std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store_;

public:
    /// PEM; empty: the system's. An intermediate authority may stand for its root. Throws when it cannot be read.
    explicit authorities(const std::string& ca_file);

    /// The key of the first certificate in `pem`, if they vouch for it, by way of those that follow it there, it is
    /// good at `now` and one of a host in paypal.com.
    public_key key_in(std::string_view pem, instant now) const;
};

/// "transmission id|time|webhook id|CRC-32 of the body, in decimal".
std::string signed_text(std::string_view transmission_id, std::string_view time, std::string_view webhook_id,
                        std::string_view body);

/// SHA256withRSA; `signature` is base64.
bool is_signed(const public_key& by, std::string_view text, std::string_view signature);

}  // namespace roost::payments::paypal
