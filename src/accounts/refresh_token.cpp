#include "accounts/refresh_token.hpp"

#include "platform/auth/crypto.hpp"

namespace roost {
namespace {

constexpr std::size_t half = 32;

}  // namespace

refresh_token refresh_token::fresh() { return {auth::random_bytes(half), auth::random_bytes(half)}; }

std::optional<refresh_token> refresh_token::parse(std::string_view text)
{
    if (text.size() > 100) return std::nullopt;
    const auto bytes = auth::from_base64url(text);
    if (!bytes || bytes->size() != 2 * half) return std::nullopt;
    return refresh_token{bytes->substr(0, half), bytes->substr(half)};
}

std::string refresh_token::text() const { return auth::base64url(family + secret); }

refresh_token refresh_token::successor(std::string_view salt) const
{
    const auto next = auth::hmac_sha256(secret, "successor" + std::string{salt});
    return {family, std::string{auth::as_bytes(next)}};
}

std::string refresh_token::csrf() const { return auth::base64url(auth::as_bytes(auth::hmac_sha256(secret, "csrf"))); }

}  // namespace roost
