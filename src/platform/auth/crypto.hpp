#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What OpenSSL does for us, with C++ values. Byte strings are std::string; nothing here is text unless it says so.
namespace roost::auth {

using digest = std::array<std::uint8_t, 32>;

/// Bytes nobody can guess. Throws when the system has none, which does not happen.
std::string random_bytes(std::size_t count);

digest sha256(std::string_view bytes);
digest hmac_sha256(std::string_view key, std::string_view bytes);
std::string_view as_bytes(const digest& d);
/// 64 bytes.
std::string hmac_sha512(std::string_view key, std::string_view bytes);

/// In lower case.
std::string hex(std::string_view bytes);

/// Takes the same time wherever they differ.
bool equal(std::string_view a, std::string_view b);

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes);
/// Only what base64url() writes: no padding, no other alphabet, no stray bits at the end.
std::optional<std::string> from_base64url(std::string_view text);

/// RFC 4648, section 4, with padding.
std::string padded_base64(std::string_view bytes);
std::optional<std::string> from_padded_base64(std::string_view text);

/// PostgreSQL's text form of bytea: "\x0123".
std::string bytea(std::string_view bytes);

/// AES-256-GCM under a key derived from `secret`; the nonce stands in front.
std::string seal(std::string_view secret, std::string_view plain);
/// Nothing when it was sealed under another secret, or changed.
std::optional<std::string> unseal(std::string_view secret, std::string_view sealed);

}  // namespace roost::auth
