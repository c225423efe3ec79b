#include "payments/paypal/signature.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <zlib.h>

#include <algorithm>
#include <format>
#include <stdexcept>

#include "platform/auth/crypto.hpp"

namespace roost::payments::paypal {
namespace {

/// Any host below it.
constexpr const char* signer = ".paypal.com";
constexpr int longest_chain = 8;

using certificate = std::unique_ptr<X509, decltype(&X509_free)>;

struct free_chain
{
    void operator()(STACK_OF(X509) * chain) const { sk_X509_pop_free(chain, X509_free); }
};

certificate next_in(BIO* pem) { return {PEM_read_bio_X509(pem, nullptr, nullptr, nullptr), X509_free}; }

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

}  // namespace

authorities::authorities(const std::string& ca_file) : store_{X509_STORE_new(), X509_STORE_free}
{
    const bool read = ca_file.empty() ? X509_STORE_set_default_paths(store_.get()) == 1
                                      : X509_STORE_load_file(store_.get(), ca_file.c_str()) == 1;
    if (!read) throw std::runtime_error("the authorities cannot be read: " + ca_file);
    X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
}

public_key authorities::key_in(std::string_view pem, instant now) const
{
    public_key none{nullptr, EVP_PKEY_free};
    const std::unique_ptr<BIO, decltype(&BIO_free)> in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       BIO_free};
    const auto first = next_in(in.get());
    if (!first) return none;
    const std::unique_ptr<STACK_OF(X509), free_chain> others{sk_X509_new_null()};
    for (int n = 0; n < longest_chain; ++n)
        if (auto one = next_in(in.get()); one && sk_X509_push(others.get(), one.get()) > 0)
            static_cast<void>(one.release());

    const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check{X509_STORE_CTX_new(),
                                                                                X509_STORE_CTX_free};
    if (X509_STORE_CTX_init(check.get(), store_.get(), first.get(), others.get()) != 1) return none;
    auto* how = X509_STORE_CTX_get0_param(check.get());
    X509_VERIFY_PARAM_set_time(how, std::chrono::system_clock::to_time_t(now));
    if (X509_VERIFY_PARAM_set1_host(how, signer, 0) != 1 || X509_verify_cert(check.get()) != 1) return none;
    return public_key{X509_get_pubkey(first.get()), EVP_PKEY_free};
}

std::string signed_text(std::string_view transmission_id, std::string_view time, std::string_view webhook_id,
                        std::string_view body)
{
    const auto sum = crc32_z(0, bytes(body), body.size());
    return std::format("{}|{}|{}|{}", transmission_id, time, webhook_id, sum);
}

bool is_signed(const public_key& by, std::string_view text, std::string_view signature)
{
    const auto raw = auth::from_padded_base64(signature).value_or("");
    if (!by || EVP_PKEY_is_a(by.get(), "RSA") != 1 || raw.empty()) return false;
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> check{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    return EVP_DigestVerifyInit(check.get(), nullptr, EVP_sha256(), nullptr, by.get()) == 1
           && EVP_DigestVerify(check.get(), bytes(raw), raw.size(), bytes(text), text.size()) == 1;
}

}  // namespace roost::payments::paypal
