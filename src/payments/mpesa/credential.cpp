#include "payments/mpesa/credential.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

#include "core/freed.hpp"
#include "platform/auth/crypto.hpp"

namespace roost::payments::mpesa {
namespace {

using bio = std::unique_ptr<BIO, freed<BIO_free_all>>;
using certificate = std::unique_ptr<X509, freed<X509_free>>;
using context = std::unique_ptr<EVP_PKEY_CTX, freed<EVP_PKEY_CTX_free>>;

/// Safaricom hands it out as PEM; DER is common for ".cer".
certificate read(const std::string& file)
{
    const bio in{BIO_new_file(file.c_str(), "rb")};
    if (!in) return {};
    if (certificate pem{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) return pem;
    if (BIO_seek(in.get(), 0) != 0) return {};
    return certificate{d2i_X509_bio(in.get(), nullptr)};
}

}  // namespace

std::optional<std::string> credential(const std::string& password, const std::string& certificate_file)
{
    ERR_set_mark();
    const auto of = read(certificate_file);
    ERR_pop_to_mark();
    auto* const key = of ? X509_get0_pubkey(of.get()) : nullptr;
    if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return std::nullopt;
    const context c{EVP_PKEY_CTX_new(key, nullptr)};
    if (!c || EVP_PKEY_encrypt_init(c.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(c.get(), RSA_PKCS1_PADDING) != 1)
        return std::nullopt;
    std::string out(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    auto size = out.size();
    if (EVP_PKEY_encrypt(c.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                         reinterpret_cast<const unsigned char*>(password.data()), password.size())
        != 1)
        return std::nullopt;
    out.resize(size);
    return auth::padded_base64(out);
}

}  // namespace roost::payments::mpesa
