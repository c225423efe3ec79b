#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/id.hpp"
#include "platform/auth/identity.hpp"
#include "platform/auth/keys.hpp"

namespace roost::auth {

/// What an access token says.
struct claims
{
    user_id user;
    session_id session;
    instant expires;
    /// Base64url of the SHA-256 of the CSRF token that must come with it; empty for a bearer token.
    std::string csrf = {};
};

struct token_settings
{
    std::string issuer = "roost";
    std::string audience = "roost-api";
    std::chrono::seconds lifetime{900};
};

/// Access tokens: JWTs signed with Ed25519 (RFC 8037), as RFC 9068 profiles them and RFC 8725 advises. For all threads.
/// OpenSSL signs and verifies; no JWT library, because the one Debian has for C (libjwt 1.17) knows no EdDSA and ours
/// are the only tokens ever read.
class token_service
{
    const key_ring& keys_;
    const clock& clock_;
    token_settings settings_;

public:
    static constexpr std::size_t longest = 4096;
    static constexpr std::chrono::seconds skew{60};

    token_service(const key_ring& keys, const clock& now, token_settings s)
        : keys_{keys}, clock_{now}, settings_{std::move(s)}
    {}

    const token_settings& settings() const { return settings_; }
    const key_ring& keys() const { return keys_; }

    /// `who`'s roles are for others to read; Roost asks the database. Throws std::runtime_error without a signing key.
    std::string mint(const identity& who, std::string_view csrf = {}) const;

    /// Nothing unless it is one of ours, untouched and current: known header to the byte, canonical base64url, good
    /// signature, our iss and aud, all of exp, nbf, iat, sub, sid, jti; at most 4 KiB; `skew` of clock difference.
    std::optional<claims> verify(std::string_view token) const;
};

/// Verified tokens of one thread, so that a token's signature is checked once and not at every request.
/// Knows nothing of sessions: whether one still lives is asked elsewhere, at every request.
class verified_tokens
{
public:
    verified_tokens(const token_service& tokens, const clock& now, std::size_t most = 4096);
    ~verified_tokens();

    std::optional<claims> verify(std::string_view token);
    std::size_t size() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace roost::auth
