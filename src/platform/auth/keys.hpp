#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/dates.hpp"

struct evp_pkey_st;

namespace roost::auth {

/// One Ed25519 key pair that signs access tokens from `signs_from` until a younger one does, and verifies until
/// `verifies_until`.
struct signing_key
{
    std::string kid;
    std::string private_pem;
    std::string x;  // the public key's 32 bytes, base64url (RFC 8037)
    instant signs_from;
    std::optional<instant> verifies_until = {};
    std::shared_ptr<evp_pkey_st> pair = {};

    /// 64 bytes (RFC 8032).
    std::string sign(std::string_view bytes) const;
    bool verify(std::string_view bytes, std::string_view signature) const;
};

/// A fresh pair; the kid is random.
signing_key make_signing_key(instant signs_from);
/// The pair a private PEM belongs to. Throws std::invalid_argument when it holds no Ed25519 key.
signing_key signing_key_from(std::string kid, std::string private_pem, instant signs_from,
                             std::optional<instant> verifies_until = {});

/// Keys at one moment; never changed.
class key_set
{
    std::map<std::string, signing_key, std::less<>> by_header_;  // the one header each kid's tokens begin with
    std::vector<const signing_key*> by_age_;

public:
    explicit key_set(std::vector<signing_key> keys);
    /// The youngest that signs by now; nullptr when there is none.
    const signing_key* signer(instant now) const;
    /// By a token's first segment. Comparing the whole of it leaves nothing in a header for an attacker to say.
    const signing_key* verifier(std::string_view encoded_header, instant now) const;
    /// RFC 7517, of all keys that verify now, also those that do not sign yet.
    std::string jwks(instant now) const;
    bool empty() const { return by_age_.empty(); }
};

/// The base64url header of every token that key signs: alg EdDSA, typ at+jwt (RFC 9068), kid.
std::string encoded_header(std::string_view kid);

/// The current keys, for all threads.
class key_ring
{
    std::atomic<std::uint64_t> version_{0};
    mutable std::mutex guard_;
    std::shared_ptr<const key_set> keys_ = std::make_shared<const key_set>(std::vector<signing_key>{});

public:
    void replace(std::vector<signing_key> keys);
    std::shared_ptr<const key_set> get() const;
    /// Changes with every replace().
    std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
};

}  // namespace roost::auth
