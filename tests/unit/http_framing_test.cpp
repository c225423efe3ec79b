#include <gtest/gtest.h>

#include <random>

#include "platform/http/framing.hpp"

namespace roost::http {
namespace {

struct outcome
{
    int status = 0;  // 0: a request
    std::string body;
    std::string rest;
};

// Reads one request as a connection does, `step` bytes at a time.
outcome parse(std::string_view bytes, request& into, std::size_t step, std::size_t max_body = 1000)
{
    std::size_t seen = 0, have = 0;
    std::optional<std::size_t> size;
    while (!size)
    {
        if (have == bytes.size()) return {-1, {}, {}};  // incomplete
        have = std::min(bytes.size(), have + step);
        const auto end = find_head(bytes.substr(0, have), seen);
        if (!end) return {end.error().status, {}, {}};
        size = *end;
        seen = have;
    }
    request_parser parser{into, max_body};
    if (const auto parsed = parser.head(bytes.substr(0, *size)); !parsed) return {parsed.error().status, {}, {}};
    for (std::size_t at = *size; !parser.done();)
    {
        const auto used = parser.body(bytes.substr(at, have - at));
        if (!used) return {used.error().status, {}, {}};
        at += *used;
        *size = at;
        if (parser.done()) break;
        if (have == bytes.size()) return {-1, {}, {}};
        have = std::min(bytes.size(), have + step);
    }
    return {0, into.body, std::string{bytes.substr(*size)}};
}

struct vector
{
    const char* what;
    std::string bytes;
    int status;
    std::string body = {};
    std::string rest = {};
};

void PrintTo(const vector& v, std::ostream* out) { *out << v.what; }

class framing : public testing::TestWithParam<vector>
{};

TEST_P(framing, gives_one_reading_however_the_bytes_arrive)
{
    const auto& v = GetParam();
    for (const std::size_t step : {1uz, 2uz, 3uz, 7uz, 64uz, 100'000uz})
    {
        request r;
        const auto got = parse(v.bytes, r, step);
        EXPECT_EQ(got.status, v.status) << v.what << ", " << step << " bytes at a time";
        EXPECT_EQ(got.body, v.body) << v.what;
        EXPECT_EQ(got.rest, v.rest) << v.what;
    }
}

std::string get(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n"; }
std::string post(std::string_view fields, std::string_view body)
{
    return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n" + std::string{body};
}
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n", body); }

// The classes of request smuggling (CL.CL, CL.TE, TE.CL, TE.TE, TE.0, 0.CL, chunk sizes, chunk extensions, line
// endings, folding, names with space, hosts) as collected by http-garden and PortSwigger's research.
INSTANTIATE_TEST_SUITE_P(
    well_formed, framing,
    testing::Values(vector{"plain", get(""), 0}, vector{"length", post("Content-Length: 3\r\n", "abc"), 0, "abc"},
                    vector{"length, more behind", post("Content-Length: 3\r\n", "abcGET"), 0, "abc", "GET"},
                    vector{"zero length", post("Content-Length: 0\r\n", "x"), 0, "", "x"},
                    vector{"no length is no body", post("", "x"), 0, "", "x"},
                    vector{"chunked", chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nx"), 0, "abcde", "x"},
                    vector{"chunked, hex and upper case",
                           post("Transfer-Encoding: Chunked\r\n", "A\r\n0123456789\r\n0\r\n\r\n"), 0, "0123456789"},
                    vector{"chunk extension", chunked("3;a=b;c=\"d\"\r\nabc\r\n0;last\r\n\r\n"), 0, "abc"},
                    vector{"trailers mean nothing", chunked("1\r\na\r\n0\r\nX-A: b\r\nHost: c\r\n\r\n"), 0, "a"},
                    vector{"HTTP/1.0 without host", "GET / HTTP/1.0\r\n\r\n", 0},
                    vector{"absolute form", "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", 0},
                    vector{"obs-text in a value", get("X: caf\xe9\r\n"), 0}));

INSTANTIATE_TEST_SUITE_P(
    doubtful_lengths, framing,
    testing::Values(vector{"CL and TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
                    vector{"TE and CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
                    vector{"two equal CL", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400},
                    vector{"two different CL", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400},
                    vector{"CL list", post("Content-Length: 3, 3\r\n", "abc"), 400},
                    vector{"CL with sign", post("Content-Length: +3\r\n", "abc"), 400},
                    vector{"negative CL", post("Content-Length: -3\r\n", "abc"), 400},
                    vector{"hex CL", post("Content-Length: 0x3\r\n", "abc"), 400},
                    vector{"CL with space inside", post("Content-Length: 1 0\r\n", "abc"), 400},
                    vector{"CL beyond 64 bits", post("Content-Length: 99999999999999999999999\r\n", "abc"), 400},
                    vector{"empty CL", post("Content-Length:\r\n", "abc"), 400},
                    vector{"CL beyond the limit", post("Content-Length: 1001\r\n", "abc"), 413},
                    vector{"two TE", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                           400},
                    vector{"TE identity", post("Transfer-Encoding: identity\r\n", ""), 400},
                    vector{"TE unknown", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
                    vector{"TE list ending in chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
                    vector{"TE chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 400},
                    vector{"TE with vertical tab",
                           post("Transfer-Encoding: \x0b"
                                "chunked\r\n",
                                "0\r\n\r\n"),
                           400},
                    vector{"TE quoted", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 400},
                    vector{"TE in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400}));

INSTANTIATE_TEST_SUITE_P(
    doubtful_chunks, framing,
    testing::Values(vector{"size not hex", chunked("z\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"size with 0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"size with sign", chunked("+3\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"negative size", chunked("-3\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"no size", chunked("\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"size beyond 64 bits", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"space before size", chunked(" 3\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"space behind size", chunked("3 \r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"size line ends in LF", chunked("3\nabc\r\n0\r\n\r\n"), 400},
                    vector{"size line ends in CR", chunked("3\rXabc\r\n0\r\n\r\n"), 400},
                    vector{"data longer than size", chunked("2\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"data ends in LF", chunked("3\r\nabc\n0\r\n\r\n"), 400},
                    vector{"LF in extension", chunked("3;a\nb\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"long extension", chunked("3;" + std::string(300, 'a') + "\r\nabc\r\n0\r\n\r\n"), 400},
                    vector{"length in a trailer", chunked("0\r\nContent-Length: 5\r\n\r\n"), 400},
                    vector{"size beyond the limit", chunked("fffff\r\n"), 413},
                    vector{"sum beyond the limit",
                           chunked("300\r\n" + std::string(0x300, 'a') + "\r\n300\r\n" + std::string(0x300, 'a')
                                   + "\r\n0\r\n\r\n"),
                           413}));

INSTANTIATE_TEST_SUITE_P(
    doubtful_heads, framing,
    testing::Values(vector{"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
                    vector{"one bare LF", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
                    vector{"bare CR", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
                    vector{"folded", get("X: a\r\n b\r\n"), 400}, vector{"folded by tab", get("X: a\r\n\tb\r\n"), 400},
                    vector{"folded length", post("Content-Length:\r\n 3\r\n", "abc"), 400},
                    vector{"space before colon", post("Content-Length : 3\r\n", "abc"), 400},
                    vector{"space before name", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
                    vector{"no colon", get("Content-Length 3\r\n"), 400}, vector{"no name", get(": a\r\n"), 400},
                    vector{"NUL in value", get(std::string_view{"X: a\0b\r\n", 8}), 400},
                    vector{"NUL in name", get(std::string_view{"X\0: ab\r\n", 8}), 400},
                    vector{"control in value", get("X: a\x01\r\n"), 400},
                    vector{"no host", "GET / HTTP/1.1\r\n\r\n", 400}, vector{"two hosts", get("Host: b\r\n"), 400},
                    vector{"host with userinfo", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
                    vector{"host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
                    vector{"host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
                    vector{"absolute with userinfo", "GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n", 400},
                    vector{"absolute without host", "GET http:///x HTTP/1.1\r\nHost: b\r\n\r\n", 400},
                    vector{"other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"no leading slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"star for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"unescaped byte", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"no version", "GET /\r\nHost: a\r\n\r\n", 400},
                    vector{"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
                    vector{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
                    vector{"method with junk", "GE\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
                    vector{"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
                    vector{"other expectation", get("Expect: a-miracle\r\n"), 417}));

TEST(request_target, is_split)
{
    const auto target = [](std::string_view method, std::string_view t) {
        static request r;
        r = {};
        const auto bytes = std::string{method} + " " + std::string{t} + " HTTP/1.1\r\nHost: a\r\n\r\n";
        static std::string kept;
        kept = bytes;
        EXPECT_EQ(parse(kept, r, 1000).status, 0) << t;
        return std::pair{r.path, r.query};
    };
    using pair = std::pair<std::string_view, std::string_view>;
    EXPECT_EQ(target("GET", "/a/b"), (pair{"/a/b", ""}));
    EXPECT_EQ(target("GET", "/a?b=c&d"), (pair{"/a", "b=c&d"}));
    EXPECT_EQ(target("GET", "/a?b?c"), (pair{"/a", "b?c"}));
    EXPECT_EQ(target("GET", "/a%2fb?"), (pair{"/a%2fb", ""}));
    EXPECT_EQ(target("GET", "http://host:80/a?b"), (pair{"/a", "b"}));
    EXPECT_EQ(target("GET", "HTTPS://host"), (pair{"/", ""}));
    EXPECT_EQ(target("GET", "http://host?q"), (pair{"/", "q"}));
    EXPECT_EQ(target("OPTIONS", "*"), (pair{"*", ""}));
}

TEST(request_parser, limits_the_number_of_fields)
{
    request r;
    std::string many;
    for (int i = 0; i < 99; ++i) many += "X: y\r\n";
    EXPECT_EQ(parse(get(many), r, 1000).status, 0);
    r = {};
    EXPECT_EQ(parse(get(many + "X: y\r\n"), r, 1000).status, 431);
}

// Whatever the bytes: an answer, no crash, and the same answer however they arrive.
TEST(request_parser, survives_any_bytes)
{
    std::mt19937 random{20261121};
    const std::string seeds[]{get("Content-Length: 3\r\nX: y\r\n"), chunked("3;a=b\r\nabc\r\n0\r\nT: u\r\n\r\n"),
                              "GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n"};
    const std::string_view spice{"\r\n\t :;,\0\xff%#?*0aF", 17};
    for (int round = 0; round < 20'000; ++round)
    {
        auto bytes = seeds[random() % std::size(seeds)];
        for (auto changes = random() % 6; changes > 0; --changes)
        {
            const auto at = random() % (bytes.size() + 1);
            const char c = random() % 2 ? spice[random() % spice.size()] : static_cast<char>(random());
            if (random() % 3 == 0 && at < bytes.size())
                bytes.erase(at, 1 + random() % 3);
            else if (random() % 2 && at < bytes.size())
                bytes[at] = c;
            else
                bytes.insert(at, 1, c);
        }
        request one, other;
        const auto whole = parse(bytes, one, bytes.size() + 1);
        const auto pieces = parse(bytes, other, 1 + random() % 9);
        ASSERT_EQ(whole.status, pieces.status) << bytes;
        ASSERT_EQ(whole.body, pieces.body) << bytes;
        ASSERT_EQ(whole.rest, pieces.rest) << bytes;
    }
}

}  // namespace
}  // namespace roost::http
