#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace roost {

/// An opaque token of two halves: `family` stays for a session's whole life, `secret` changes at every use. 32 random
/// bytes are in each; the database knows their hashes only.
struct refresh_token
{
    std::string family, secret;

    static refresh_token fresh();
    /// Nothing unless text() wrote it.
    static std::optional<refresh_token> parse(std::string_view text);
    std::string text() const;

    /// The token that replaces this one. It is derived and not drawn, so that a repeated request can be answered with
    /// the same token although nobody keeps it: that takes this token, which the database does not know, and the
    /// salt, which the client does not know.
    refresh_token successor(std::string_view salt) const;

    /// What must stand in X-CSRF-Token when this session lives in cookies.
    std::string csrf() const;
};

}  // namespace roost
