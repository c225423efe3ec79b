#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace roost::auth {

/// The cost of Argon2id (RFC 9106). The default is OWASP's: 19 MiB, two passes, one lane.
struct argon2_cost
{
    std::uint32_t memory_kib = 19'456;
    std::uint32_t passes = 2;
    std::uint32_t lanes = 1;

    bool operator==(const argon2_cost&) const = default;
};

/// A PHC string, "$argon2id$v=19$m=19456,t=2,p=1$salt$hash", with 16 bytes of fresh salt and a 32-byte hash. Every byte
/// of the password counts. Takes tens of milliseconds of CPU: use password_pool from a serving thread.
std::string hash_password(std::string_view password, const argon2_cost& cost = {});

/// Whether the password is the one `phc` was made of, at the cost that stands in it. False for what is no PHC string or
/// asks for more than 1 GiB or 100 passes. Costs as much as hashing.
bool verify_password(std::string_view password, std::string_view phc);

/// Whether `phc` was made at another cost than this one.
bool needs_rehash(std::string_view phc, const argon2_cost& cost = {});

}  // namespace roost::auth
