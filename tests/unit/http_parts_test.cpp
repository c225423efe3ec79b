#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <boost/json.hpp>

#include "platform/http/compression.hpp"
#include "platform/http/cors.hpp"
#include "platform/http/forwarded.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/render.hpp"

namespace roost::http {
namespace {

TEST(compression, is_negotiated)
{
    const std::pair<const char*, coding> cases[]{
        {"", coding::identity},
        {"gzip", coding::gzip},
        {"GZip", coding::gzip},
        {"br", coding::br},
        {"gzip, deflate, br", coding::br},
        {"gzip, deflate, br, zstd", coding::br},
        {"gzip;q=1, br;q=0.5", coding::gzip},
        {"gzip;q=0.2,br;q=0.5", coding::br},
        {"br;q=0, gzip;q=0", coding::identity},
        {"*", coding::br},
        {"*;q=0.5, br;q=0", coding::gzip},
        {"*;q=0", coding::identity},
        {"identity", coding::identity},
        {"identity;q=1, gzip;q=0.5", coding::identity},
        {"identity;q=0, gzip;q=0.1", coding::gzip},
        {"gzip;q=0.001", coding::gzip},
        {"gzip;q=nonsense", coding::identity},
        {"gzip;q=1.5", coding::gzip},
        {"gzip;x=1", coding::gzip},
        {" , ;q=1,,gzip ; q=0.5 ", coding::gzip},
        {"zstd, deflate", coding::identity},
    };
    for (const auto& [accept, wanted] : cases) EXPECT_EQ(negotiate(accept), wanted) << accept;
}

std::string unzipped(const std::string& bytes)
{
    z_stream s{};
    inflateInit2(&s, 15 + 16);
    std::string out(100'000, '\0');
    s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    s.avail_in = static_cast<uInt>(bytes.size());
    s.next_out = reinterpret_cast<Bytef*>(out.data());
    s.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&s, Z_FINISH), Z_STREAM_END);
    out.resize(s.total_out);
    inflateEnd(&s);
    return out;
}

std::string unbrotlied(const std::string& bytes)
{
    std::string out(100'000, '\0');
    std::size_t size = out.size();
    EXPECT_EQ(BrotliDecoderDecompress(bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()), &size,
                                      reinterpret_cast<std::uint8_t*>(out.data())),
              BROTLI_DECODER_RESULT_SUCCESS);
    out.resize(size);
    return out;
}

TEST(compression, keeps_every_byte)
{
    std::string text;
    for (int i = 0; i < 3000; ++i) text += "{\"id\":" + std::to_string(i * i) + "}";
    for (const auto& t : {text, std::string{}, std::string(5000, 'x')})
    {
        EXPECT_EQ(unzipped(compress(coding::gzip, t)), t);
        EXPECT_EQ(unzipped(compress(coding::gzip, t)), t) << "the state of the thread is used again";
        EXPECT_EQ(unbrotlied(compress(coding::br, t)), t);
    }
    EXPECT_LT(compress(coding::gzip, text).size(), text.size() / 2);
}

TEST(compression, is_for_text)
{
    for (const auto* t : {"application/json", "application/problem+json", "text/html; charset=utf-8", "image/svg+xml"})
        EXPECT_TRUE(compressible(t)) << t;
    for (const auto* t : {"", "image/png", "application/octet-stream", "font/woff2"})
        EXPECT_FALSE(compressible(t)) << t;
}

request with(std::vector<header_view> headers, method m = method::get)
{
    request r;
    r.method = m;
    r.headers = std::move(headers);
    return r;
}

TEST(cors, answers_preflights)
{
    const cors listed{{"https://app.example"}};
    const auto ask = [](std::string_view origin) {
        return with({{"Origin", origin}, {"Access-Control-Request-Method", "PUT"}}, method::options);
    };
    const auto granted = listed.preflight(ask("https://app.example"));
    ASSERT_TRUE(granted);
    EXPECT_EQ(granted->status, 204);
    EXPECT_EQ(granted->find("Access-Control-Allow-Origin"), "https://app.example");
    EXPECT_EQ(granted->find("Access-Control-Allow-Credentials"), "true");
    EXPECT_TRUE(granted->find("Access-Control-Allow-Methods")->contains("PUT"));
    EXPECT_EQ(granted->find("Vary"), "Origin");

    for (const auto* other : {"https://evil.example", "https://app.example.evil", "http://app.example", "null", ""})
    {
        const auto refused = listed.preflight(ask(other));
        ASSERT_TRUE(refused);
        EXPECT_FALSE(refused->find("Access-Control-Allow-Origin")) << other;
    }
    const auto anybody = cors{{"*"}}.preflight(ask("https://evil.example"));
    EXPECT_EQ(anybody->find("Access-Control-Allow-Origin"), "*");
    EXPECT_FALSE(anybody->find("Access-Control-Allow-Credentials")) << "never credentials for everybody";
    EXPECT_FALSE(cors{{}}.preflight(ask("https://app.example"))) << "off";
    EXPECT_FALSE(listed.preflight(with({{"Origin", "https://app.example"}}, method::options))) << "plain OPTIONS";
}

TEST(cors, lets_the_origin_read)
{
    const cors listed{{"https://app.example"}};
    response r;
    r.set("Vary", "Accept");
    listed.apply(with({{"Origin", "https://app.example"}}), r);
    EXPECT_EQ(r.find("Access-Control-Allow-Origin"), "https://app.example");
    EXPECT_EQ(r.find("Vary"), "Accept, Origin");
    EXPECT_TRUE(r.find("Access-Control-Expose-Headers")->contains("ETag"));
    response other;
    listed.apply(with({{"Origin", "https://evil.example"}}), other);
    EXPECT_FALSE(other.find("Access-Control-Allow-Origin"));
    response off;
    cors{{}}.apply(with({{"Origin", "https://app.example"}}), off);
    EXPECT_TRUE(off.headers.empty());
}

TEST(trusted_proxies, are_walked_from_the_right)
{
    const std::vector<std::string> networks{"127.0.0.1", "10.0.0.0/8", "fd00::/8", "192.0.2.128/25"};
    const trusted_proxies proxies{networks};
    const auto client = [&](std::vector<header_view> h) { return proxies.client_of(with(std::move(h))); };
    EXPECT_EQ(client({}), "");
    EXPECT_EQ(client({{"X-Forwarded-For", "203.0.113.9"}}), "203.0.113.9");
    EXPECT_EQ(client({{"X-Forwarded-For", "1.2.3.4, 203.0.113.9, 10.1.2.3"}}), "203.0.113.9") << "1.2.3.4 is a claim";
    EXPECT_EQ(client({{"X-Forwarded-For", "1.2.3.4"}, {"x-forwarded-for", "203.0.113.9"}}), "203.0.113.9");
    EXPECT_EQ(client({{"X-Forwarded-For", "2001:db8::1, fd00::7"}}), "2001:db8::1");
    EXPECT_EQ(client({{"X-Forwarded-For", "::ffff:203.0.113.9"}}), "203.0.113.9");
    EXPECT_EQ(client({{"X-Forwarded-For", "junk, 10.0.0.1"}}), "10.0.0.1");
    EXPECT_EQ(client({{"X-Forwarded-For", "junk"}}), "");
    EXPECT_EQ(client({{"X-Forwarded-For", "192.0.2.127, 192.0.2.128"}}), "192.0.2.127");
    for (const auto* bad : {"10.0.0.0/33", "10.0.0.0/x", "ten", "", "10.0.0.0/8x"})
    {
        const std::vector<std::string> one{bad};
        EXPECT_THROW(trusted_proxies{one}, std::invalid_argument) << bad;
    }
}

TEST(request_id, is_taken_over_only_when_harmless)
{
    for (const auto* id : {"a", "01963-ab_c.D:9"}) EXPECT_TRUE(valid_request_id(id)) << id;
    EXPECT_TRUE(valid_request_id(std::string(128, 'a')));
    for (const auto* id : {"", "a b", "a\"b", "a\nb", "<a>", "caf\xc3\xa9"}) EXPECT_FALSE(valid_request_id(id)) << id;
    EXPECT_FALSE(valid_request_id(std::string(129, 'a')));
}

TEST(traceparent, follows_the_recommendation)
{
    const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    EXPECT_TRUE(valid_traceparent(good));
    EXPECT_TRUE(valid_traceparent("cc" + good.substr(2) + "-what-comes"));
    const std::string bad_ones[]{"",
                                 good + "-x",
                                 "ff" + good.substr(2),
                                 "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                 "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                 "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                                 good.substr(1)};
    for (const auto& bad : bad_ones) EXPECT_FALSE(valid_traceparent(bad)) << bad;
}

TEST(reply_head, cannot_be_split)
{
    response r;
    r.headers.push_back({"Location", "/x\r\nSet-Cookie: evil=1"});
    r.headers.push_back({"ETag", "\"1\""});
    std::string out;
    render_head(out, r, {.date = "D", .request_id = "i"});
    EXPECT_FALSE(out.contains("evil"));
    EXPECT_TRUE(out.contains("ETag: \"1\"\r\n"));
}

TEST(problem, has_the_members_of_the_standard_and_ours)
{
    request r;
    r.path = "/api/v1/users/";
    r.id = "rid";
    error e{errc::invalid_input, "Two fields \"are\" bad."};
    e.fields = {{"/email", "format", "no"}, {"/name", "required", "missing"}};
    e.retry_after = std::chrono::seconds{7};
    const auto answer = problem(e, r);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    EXPECT_EQ(answer.find("Retry-After"), "7");
    EXPECT_EQ(answer.find("Cache-Control"), "no-store");
    const auto body = boost::json::parse(answer.bytes()).as_object();
    EXPECT_EQ(body.at("type"), "urn:roost:problem:invalid_input");
    EXPECT_EQ(body.at("status"), 422);
    EXPECT_EQ(body.at("code"), "invalid_input");
    EXPECT_EQ(body.at("detail"), "Two fields \"are\" bad.");
    EXPECT_EQ(body.at("instance"), "/api/v1/users/");
    EXPECT_EQ(body.at("request_id"), "rid");
    EXPECT_EQ(body.at("errors").as_array().size(), 2u);
    EXPECT_EQ(body.at("errors").at(0).at("pointer"), "/email");

    EXPECT_EQ(problem(error{errc::unavailable}, r).find("Retry-After"), "1");
    EXPECT_EQ(problem(error{errc::not_signed_in}, r).find("WWW-Authenticate"), "Bearer");
    EXPECT_FALSE(boost::json::parse(problem(error{errc::not_found}, r).bytes()).as_object().contains("detail"));
}

}  // namespace
}  // namespace roost::http
