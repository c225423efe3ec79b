#include "platform/auth/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <memory>
#include <stdexcept>
#include <utility>

namespace roost::auth {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t nonce_size = 12, tag_size = 16;

const unsigned char* in(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
unsigned char* out(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

using cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

cipher new_cipher() { return {EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free}; }

}  // namespace

std::string random_bytes(std::size_t count)
{
    std::string bytes(count, '\0');
    if (RAND_bytes(out(bytes), static_cast<int>(count)) != 1) throw std::runtime_error("no random bytes");
    return bytes;
}

digest sha256(std::string_view bytes)
{
    digest d;
    SHA256(in(bytes), bytes.size(), d.data());
    return d;
}

digest hmac_sha256(std::string_view key, std::string_view bytes)
{
    digest d;
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), in(bytes), bytes.size(), d.data(), nullptr))
        throw std::runtime_error("HMAC failed");
    return d;
}

std::string hmac_sha512(std::string_view key, std::string_view bytes)
{
    std::string code(SHA512_DIGEST_LENGTH, '\0');
    if (!HMAC(EVP_sha512(), key.data(), static_cast<int>(key.size()), in(bytes), bytes.size(), out(code), nullptr))
        throw std::runtime_error("HMAC failed");
    return code;
}

std::string hex(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned char byte : bytes) text += {digits[byte >> 4], digits[byte & 15]};
    return text;
}

std::string_view as_bytes(const digest& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }

bool equal(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64url(std::string_view bytes)
{
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int held = 0;
    for (unsigned char byte : bytes)
    {
        bits = bits << 8 | byte;
        for (held += 8; held >= 6; held -= 6) text += alphabet[bits >> (held - 6) & 63];
    }
    if (held > 0) text += alphabet[bits << (6 - held) & 63];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text)
{
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int held = 0;
    for (char c : text)
    {
        auto at = alphabet.find(c);
        if (at == alphabet.npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(at);
        if ((held += 6) >= 8) bytes += static_cast<char>(bits >> (held -= 8) & 255);
    }
    if (bits & ((1u << held) - 1)) return std::nullopt;
    return bytes;
}

std::string padded_base64(std::string_view bytes)
{
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const auto n = EVP_EncodeBlock(out(text), in(bytes), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(n));
    return text;
}

std::optional<std::string> from_padded_base64(std::string_view text)
{
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes(text.size() / 4 * 3, '\0');
    const auto n = EVP_DecodeBlock(out(bytes), in(text), static_cast<int>(text.size()));
    if (n < 0) return std::nullopt;
    const auto padding = text.size() - text.find_last_not_of('=') - 1;
    if (padding > 2 || std::cmp_less(n, padding)) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(n) - padding);
    return bytes;
}

std::string bytea(std::string_view bytes) { return "\\x" + hex(bytes); }

std::string seal(std::string_view secret, std::string_view plain)
{
    auto key = hmac_sha256(secret, "roost seal");
    auto sealed = random_bytes(nonce_size);
    sealed.resize(nonce_size + plain.size() + tag_size);
    auto c = new_cipher();
    int n = 0;
    bool ok =
        EVP_EncryptInit_ex2(c.get(), EVP_aes_256_gcm(), key.data(), in(sealed), nullptr) == 1
        && EVP_EncryptUpdate(c.get(), out(sealed) + nonce_size, &n, in(plain), static_cast<int>(plain.size())) == 1
        && EVP_EncryptFinal_ex(c.get(), out(sealed) + nonce_size + n, &n) == 1
        && EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, tag_size, out(sealed) + nonce_size + plain.size()) == 1;
    if (!ok) throw std::runtime_error("AES-GCM failed");
    return sealed;
}

std::optional<std::string> unseal(std::string_view secret, std::string_view sealed)
{
    if (sealed.size() < nonce_size + tag_size) return std::nullopt;
    auto key = hmac_sha256(secret, "roost seal");
    auto text = sealed.substr(nonce_size, sealed.size() - nonce_size - tag_size);
    std::string tag{sealed.substr(sealed.size() - tag_size)}, plain(text.size(), '\0');
    auto c = new_cipher();
    int n = 0;
    bool ok = EVP_DecryptInit_ex2(c.get(), EVP_aes_256_gcm(), key.data(), in(sealed), nullptr) == 1
              && EVP_DecryptUpdate(c.get(), out(plain), &n, in(text), static_cast<int>(text.size())) == 1
              && EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag.data()) == 1
              && EVP_DecryptFinal_ex(c.get(), out(plain) + n, &n) == 1;
    if (!ok) return std::nullopt;
    return plain;
}

}  // namespace roost::auth
