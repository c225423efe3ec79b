#pragma once
#include <array>
#include <cstdint>

#include "core/enums.hpp"
#include "core/id.hpp"

namespace roost {

enum class role : std::uint8_t
{
    guest,  // everybody
    host,
    admin,
};

constexpr auto names_of(role)
{
    using namespace std::literals;
    return std::array{"guest"sv, "host"sv, "admin"sv};
}

/// Who makes a request, as proved by the access token or the session cookie.
struct identity
{
    user_id user;
    session_id session;
    bool is_host = false;
    bool is_admin = false;

    bool has(role r) const
    {
        return r == role::guest || (r == role::host && is_host) || (r == role::admin && is_admin);
    }
};

}  // namespace roost
