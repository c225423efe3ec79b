#include "platform/auth/keys.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "platform/auth/crypto.hpp"

namespace roost::auth {
namespace {

using pkey = std::shared_ptr<EVP_PKEY>;
using bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using digest_context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* in(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

std::string private_pem(EVP_PKEY* key)
{
    bio b{BIO_new(BIO_s_mem()), BIO_free_all};
    if (PEM_write_bio_PrivateKey(b.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
        throw std::runtime_error("cannot write a signing key");
    char* data = nullptr;
    auto size = BIO_get_mem_data(b.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string public_bytes(EVP_PKEY* key)
{
    std::string raw(32, '\0');
    auto size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size) != 1 || size != 32)
        throw std::runtime_error("a signing key is not 32 bytes");
    return raw;
}

}  // namespace

signing_key make_signing_key(instant signs_from)
{
    pkey key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free};
    if (!key) throw std::runtime_error("cannot make a signing key");
    return {.kid = base64url(random_bytes(12)),
            .private_pem = private_pem(key.get()),
            .x = base64url(public_bytes(key.get())),
            .signs_from = signs_from,
            .pair = key};
}

signing_key signing_key_from(std::string kid, std::string pem, instant signs_from, std::optional<instant> until)
{
    bio b{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all};
    pkey key{PEM_read_bio_PrivateKey(b.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
    if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519)
        throw std::invalid_argument("signing key " + kid + " is no Ed25519 key in PEM");
    return {std::move(kid), std::move(pem), base64url(public_bytes(key.get())), signs_from, until, key};
}

std::string signing_key::sign(std::string_view bytes) const
{
    digest_context context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    std::string signature(64, '\0');
    auto size = signature.size();
    bool ok = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pair.get()) == 1
              && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, in(bytes),
                                bytes.size())
                     == 1
              && size == signature.size();
    if (!ok) throw std::runtime_error("cannot sign");
    return signature;
}

bool signing_key::verify(std::string_view bytes, std::string_view signature) const
{
    digest_context context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pair.get()) == 1
           && EVP_DigestVerify(context.get(), in(signature), signature.size(), in(bytes), bytes.size()) == 1;
}

std::string encoded_header(std::string_view kid)
{
    return base64url(R"({"alg":"EdDSA","kid":")" + std::string{kid} + R"(","typ":"at+jwt"})");
}

key_set::key_set(std::vector<signing_key> keys)
{
    for (auto& k : keys)
    {
        auto header = encoded_header(k.kid);
        by_header_.emplace(std::move(header), std::move(k));
    }
    for (const auto& [header, k] : by_header_) by_age_.push_back(&k);
    std::ranges::sort(by_age_, std::greater{}, [](auto* k) { return k->signs_from; });
}

const signing_key* key_set::signer(instant now) const
{
    for (auto* k : by_age_)
        if (k->signs_from <= now && (!k->verifies_until || now < *k->verifies_until)) return k;
    return nullptr;
}

const signing_key* key_set::verifier(std::string_view encoded_header, instant now) const
{
    auto found = by_header_.find(encoded_header);
    if (found == by_header_.end()) return nullptr;
    const auto& k = found->second;
    return k.verifies_until && *k.verifies_until <= now ? nullptr : &k;
}

std::string key_set::jwks(instant now) const
{
    std::string keys;
    for (auto* k : by_age_)
    {
        if (k->verifies_until && *k->verifies_until <= now) continue;
        keys += (keys.empty() ? "" : ",");
        keys +=
            R"({"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":")" + k->kid + R"(","x":")" + k->x + "\"}";
    }
    return "{\"keys\":[" + keys + "]}";
}

void key_ring::replace(std::vector<signing_key> keys)
{
    auto fresh = std::make_shared<const key_set>(std::move(keys));
    std::lock_guard lock{guard_};
    keys_ = std::move(fresh);
    version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const key_set> key_ring::get() const
{
    std::lock_guard lock{guard_};
    return keys_;
}

}  // namespace roost::auth
