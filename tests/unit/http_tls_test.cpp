#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <memory>

#include "platform/http/server.hpp"
#include "unit/raw_http.hpp"

namespace roost::http {
namespace {

namespace asio = boost::asio;
using namespace std::literals;

// A key and a certificate for it in two files, gone with the test.
struct credentials
{
    std::string certificate_file = testing::TempDir() + "roost_cert_" + std::to_string(::getpid());
    std::string key_file = testing::TempDir() + "roost_key_" + std::to_string(::getpid());

    credentials()
    {
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
        const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
        X509_set_pubkey(certificate.get(), key.get());
        auto* const name = X509_get_subject_name(certificate.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1,
                                   -1, 0);
        X509_set_issuer_name(certificate.get(), name);
        X509_sign(certificate.get(), key.get(), EVP_sha256());
        auto* file = std::fopen(certificate_file.c_str(), "w");
        PEM_write_X509(file, certificate.get());
        std::fclose(file);
        file = std::fopen(key_file.c_str(), "w");
        PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        std::fclose(file);
    }
    ~credentials()
    {
        std::remove(certificate_file.c_str());
        std::remove(key_file.c_str());
    }
};

struct tls_client
{
    asio::io_context io;
    asio::ssl::context context{asio::ssl::context::tls_client};
    asio::ssl::stream<asio::ip::tcp::socket> stream{io, context};

    explicit tls_client(std::uint16_t port)
    {
        stream.next_layer().connect({asio::ip::address_v4::loopback(), port});
        stream.handshake(asio::ssl::stream_base::client);
    }
    // Everything until the server closes.
    std::string ask(std::string_view bytes)
    {
        asio::write(stream, asio::buffer(bytes));
        std::string all;
        boost::system::error_code end;
        asio::read(stream, asio::dynamic_buffer(all), end);
        EXPECT_EQ(end, asio::error::eof) << "closed with close_notify, so that nothing can have been cut off";
        return all;
    }
};

TEST(http_tls, serves_and_says_so)
{
    const credentials own;
    server_config config;
    config.port = 0;
    config.threads = 1;
    config.access_log = false;
    config.header_timeout = 300ms;
    config.tls_certificate_file = own.certificate_file;
    config.tls_key_file = own.key_file;
    server s{config, [](request& r) -> task<response> {
                 response answer;
                 answer.body = (r.secure ? "secure" : "plain") + std::string(r.path == "/big" ? 3'000'000 : 0, 'x');
                 co_return answer;
             }};
    s.start();

    const auto two = tls_client{s.port()}.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(two.ends_with("\r\n\r\nsecure"));
    EXPECT_EQ(two.find("secure"), two.find("\r\n\r\n") + 4) << "two replies";
    EXPECT_GT(tls_client{s.port()}.ask("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").size(), 3'000'000u);

    test::raw_http plain{s.port()};
    plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_FALSE(plain.receive()) << "no HTTP without TLS";
    test::raw_http silent{s.port()};
    EXPECT_FALSE(silent.receive()) << "a handshake that does not come is not waited for";

    tls_client open{s.port()};
    s.drain();
    EXPECT_TRUE(open.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").contains("Connection: close"));
    s.wait();
}

TEST(http_tls, needs_certificate_and_key)
{
    const credentials own;
    server_config config;
    config.port = 0;
    config.tls_certificate_file = own.certificate_file;
    const auto serve = [](request&) -> task<response> { co_return response{}; };
    EXPECT_THROW((server{config, serve}), std::invalid_argument);
    config.tls_key_file = "/nowhere";
    EXPECT_ANY_THROW((server{config, serve}));
}

}  // namespace
}  // namespace roost::http
