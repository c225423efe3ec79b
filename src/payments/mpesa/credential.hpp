#pragma once
#include <optional>
#include <string>

/// What Safaricom wants passwords and requests to look like: OpenSSL, with C++ values.
namespace roost::payments::mpesa {

/// The SecurityCredential: a password for Safaricom's eyes alone, by RSA with PKCS #1 v1.5. Good for every request.
/// Nothing when the file has no certificate for that.
std::optional<std::string> credential(const std::string& password, const std::string& certificate_file);

}  // namespace roost::payments::mpesa
