#include "platform/auth/password.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>

#include "platform/auth/crypto.hpp"
#include "platform/observe/metrics.hpp"

namespace roost::auth {
namespace {

constexpr std::string_view prefix = "$argon2id$v=19$";
constexpr std::size_t salt_size = 16, hash_size = 32;

struct phc_parts
{
    argon2_cost cost;
    std::string salt, hash;
};

std::string argon2id(std::string_view password, std::string salt, argon2_cost cost, std::size_t size)
{
    static auto& computed = observe::metrics().counter("roost_password_hashes_total", "Argon2id computed.");
    static const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf{EVP_KDF_fetch(nullptr, "ARGON2ID", nullptr),
                                                                       EVP_KDF_free};
    std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context{EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free};
    if (!context) throw std::runtime_error("OpenSSL has no Argon2id");
    std::string secret{password}, hash(size, '\0');
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, secret.data(), secret.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_MEMCOST, &cost.memory_kib),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &cost.passes),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ARGON2_LANES, &cost.lanes),
        OSSL_PARAM_construct_end(),
    };
    auto done = EVP_KDF_derive(context.get(), reinterpret_cast<unsigned char*>(hash.data()), hash.size(), params);
    OPENSSL_cleanse(secret.data(), secret.size());
    if (done != 1) throw std::runtime_error("Argon2id failed");
    computed.add();
    return hash;
}

/// PHC strings use the standard alphabet without padding.
std::string base64(std::string_view bytes)
{
    auto text = base64url(bytes);
    for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    return text;
}

std::optional<std::string> from_base64(std::string text)
{
    for (char& c : text)
    {
        if (c == '-' || c == '_') return std::nullopt;
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return from_base64url(text);
}

bool take_number(std::string_view& text, std::string_view name, std::uint32_t& into)
{
    if (!text.starts_with(name)) return false;
    text.remove_prefix(name.size());
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return ec == std::errc{};
}

std::optional<phc_parts> parse(std::string_view phc)
{
    phc_parts p;
    if (!phc.starts_with(prefix)) return std::nullopt;
    phc.remove_prefix(prefix.size());
    bool ok = take_number(phc, "m=", p.cost.memory_kib) && take_number(phc, ",t=", p.cost.passes)
              && take_number(phc, ",p=", p.cost.lanes) && phc.starts_with('$');
    if (!ok || p.cost.memory_kib > 1u << 20 || p.cost.passes > 100 || p.cost.lanes > 16) return std::nullopt;
    phc.remove_prefix(1);
    auto dollar = phc.find('$');
    if (dollar == phc.npos) return std::nullopt;
    auto salt = from_base64(std::string{phc.substr(0, dollar)});
    auto hash = from_base64(std::string{phc.substr(dollar + 1)});
    if (!salt || !hash || salt->size() < 8 || hash->size() < 16) return std::nullopt;
    p.salt = std::move(*salt);
    p.hash = std::move(*hash);
    return p;
}

}  // namespace

std::string hash_password(std::string_view password, const argon2_cost& cost)
{
    auto salt = random_bytes(salt_size);
    auto hash = argon2id(password, salt, cost, hash_size);
    return std::string{prefix} + "m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes)
           + ",p=" + std::to_string(cost.lanes) + "$" + base64(salt) + "$" + base64(hash);
}

bool verify_password(std::string_view password, std::string_view phc)
{
    auto p = parse(phc);
    return p && equal(argon2id(password, p->salt, p->cost, p->hash.size()), p->hash);
}

bool needs_rehash(std::string_view phc, const argon2_cost& cost)
{
    auto p = parse(phc);
    return !p || p->cost != cost;
}

}  // namespace roost::auth
