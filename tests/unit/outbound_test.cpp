#include <gtest/gtest.h>
#include <zlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <format>

#include "platform/outbound/client.hpp"
#include "unit/sentinel.hpp"

namespace roost::outbound {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::make_address;
using test::sentinel;
using namespace std::chrono_literals;

std::string reply(std::string_view body, std::string_view fields = "", std::string_view status = "200 OK")
{
    return std::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), fields, body);
}

/// The guard that strangers' addresses meet, but for http and ports, so that plain servers can stand for the others.
guard strict()
{
    guard g;
    g.plain_http = true;
    g.ports.clear();
    g.total = 30s;  // no test comes near it; the one that waits says how long
    return g;
}

/// The same for a world in which only 127.0.0.2 is public.
guard only_second()
{
    auto g = strict();
    g.allows = [](const address& a) { return a == make_address("127.0.0.2"); };
    return g;
}

std::vector<address> nobody(const std::string&, std::chrono::milliseconds) { return {}; }

std::expected<answer, fault> ask(const std::string& url, const guard& g, const resolver& names = nobody)
{
    return fetch({.url = url}, g, names, {});
}

fault refusal(const std::string& url, const guard& g, const resolver& names = nobody)
{
    const auto got = ask(url, g, names);
    EXPECT_FALSE(got) << url << " was answered " << (got ? got->status : 0);
    return got ? fault::busy : got.error();
}

resolver always(std::vector<std::string> addresses)
{
    return [addresses](const std::string&, std::chrono::milliseconds) {
        std::vector<address> found;
        for (const auto& a : addresses) found.push_back(make_address(a));
        return found;
    };
}

TEST(outbound_addresses, are_public_or_not)
{
    for (const auto* inside : {"127.0.0.1",
                               "127.255.255.254",
                               "0.0.0.0",
                               "10.0.0.1",
                               "10.255.255.255",
                               "100.64.0.1",
                               "100.127.255.255",
                               "169.254.169.254",
                               "172.16.0.1",
                               "172.31.255.255",
                               "192.0.0.8",
                               "192.0.2.1",
                               "192.168.1.1",
                               "198.18.0.1",
                               "198.19.255.255",
                               "198.51.100.7",
                               "203.0.113.9",
                               "224.0.0.1",
                               "239.255.255.255",
                               "240.0.0.1",
                               "255.255.255.255",
                               "::",
                               "::1",
                               "::ffff:127.0.0.1",
                               "::ffff:8.8.8.8",
                               "::127.0.0.1",
                               "64:ff9b::7f00:1",
                               "64:ff9b:1::1",
                               "100::1",
                               "2001::1",
                               "2001:db8::1",
                               "2002:7f00:1::",
                               "3fff::1",
                               "fc00::1",
                               "fd12:3456::1",
                               "fe80::1",
                               "fec0::1",
                               "ff02::1"})
        EXPECT_FALSE(is_public(make_address(inside))) << inside;
    for (const auto* outside : {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
                                "192.0.1.1", "198.17.255.255", "223.255.255.255", "2606:4700::1111", "2a00:1450::1"})
        EXPECT_TRUE(is_public(make_address(outside))) << outside;
}

TEST(outbound_guard, takes_only_https_on_its_port_and_no_user)
{
    const guard g;
    for (const auto* url : {"https://calendar.example/a.ics", "webcal://calendar.example/a.ics",
                            "WEBCAL://calendar.example", "https://calendar.example:443/?x=a@b#c", "https://8.8.8.8/"})
        EXPECT_TRUE(may_name(url, g)) << url;
    for (const auto* url : {"",
                            "calendar",
                            "http://calendar.example/",
                            "file:///etc/passwd",
                            "gopher://calendar.example/_x",
                            "ftp://calendar.example/",
                            "dict://calendar.example:443/",
                            "https://calendar.example:22/",
                            "https://calendar.example:8443/",
                            "https://user@calendar.example/",
                            "https://user:x@calendar.example/",
                            "https://@calendar.example/",
                            "https://calendar.example\\@127.0.0.1/",
                            "https://calendar.example/ x",
                            "https://calendar.example/\r\nX: y",
                            "https://",
                            "https://[fe80::1%25eth0]/",
                            "//calendar.example/",
                            "webcal://user@calendar.example/",
                            "jar:https://calendar.example/",
                            "https://calendar.example:0/"})
        EXPECT_FALSE(may_name(url, g)) << url;
    EXPECT_FALSE(may_name("https://calendar.example/" + std::string(3'000, 'a'), g));
}

TEST(outbound_names, are_asked_for_as_the_dns_knows_them)
{
    const sentinel second{"127.0.0.2", reply("outside")};
    std::vector<std::string> asked;
    const resolver notes = [&](const std::string& host, std::chrono::milliseconds) {
        asked.push_back(host);
        return std::vector{make_address("127.0.0.2")};
    };
    for (const auto* host : {"bücher.example", "BÜCHER.example", "b%C3%BCcher.example", "xn--bcher-kva.example"})
    {
        const auto got = ask(std::format("http://{}:{}/", host, second.port()), only_second(), notes);
        EXPECT_EQ(got ? got->body : "", "outside") << host;
    }
    EXPECT_EQ(asked, std::vector<std::string>(4, "xn--bcher-kva.example"));
    for (const auto* none : {"https://b\xFC"
                             "cher.example/",
                             "https://\u2100.example/", "https://\u202E.example/"})
        EXPECT_FALSE(may_name(none, {})) << none;
}

/// T15: whatever the address is written like, nothing inside is connected to.
TEST(outbound_guard, reaches_nothing_inside_however_it_is_written)
{
    const sentinel four{"127.0.0.1", reply("inside")}, six{"::1", reply("inside")};
    const auto p = four.port();
    for (const auto& host :
         {"127.0.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0",
          "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[::]",
          "１２７.0.0.1", "localhost", "LOCALHOST.", "a.localhost"})
    {
        const auto got = ask(std::format("http://{}:{}/", host, p), strict(), resolve);
        EXPECT_FALSE(got) << host;
    }
    EXPECT_EQ(refusal(std::format("http://[::1]:{}/", six.port()), strict()), fault::forbidden_address);
    for (const auto& host :
         {"１２７.0.0.1", "１２７．０．０．１", "１２７.１"})  // read as what they stand for, then refused
        EXPECT_EQ(refusal(std::format("http://{}:{}/", host, p), strict(), resolve), fault::forbidden_address) << host;
    for (const auto* metadata : {"169.254.169.254", "10.0.0.1", "100.64.0.1", "192.168.0.1", "[fd00::1]"})
        EXPECT_EQ(refusal(std::format("http://{}/latest/", metadata), strict()), fault::forbidden_address) << metadata;
    EXPECT_EQ(four.accepts() + six.accepts(), 0);

    // Control: the sentinels answer, and without the guard they are reached.
    auto open = strict();
    open.allows = [](const address&) { return true; };
    EXPECT_EQ(ask(std::format("http://2130706433:{}/", p), open).value().body, "inside");
    EXPECT_EQ(ask(std::format("http://[::1]:{}/", six.port()), open).value().body, "inside");
    EXPECT_EQ(four.accepts() + six.accepts(), 2);
}

TEST(outbound_guard, wants_every_address_of_a_name_to_be_public)
{
    const sentinel inside{"127.0.0.1", reply("inside")};
    const sentinel second{"127.0.0.2", reply("outside")};
    const auto url = std::format("http://calendar.example:{}/", second.port());
    EXPECT_EQ(refusal(url, only_second(), always({"127.0.0.2", "127.0.0.1"})), fault::forbidden_address);
    EXPECT_EQ(refusal(url, only_second(), always({})), fault::unknown_host);
    EXPECT_EQ(second.accepts(), 0);
    EXPECT_EQ(ask(url, only_second(), always({"127.0.0.2"})).value().body, "outside");
}

/// The name stands for a public machine when it is checked and for us right after: what was checked is connected to.
TEST(outbound_guard, asks_for_a_name_once_and_keeps_to_what_was_checked)
{
    const sentinel second{"127.0.0.2", reply("outside")};
    int asked = 0;
    const resolver flips = [&](const std::string& host, std::chrono::milliseconds) {
        EXPECT_EQ(host, "localhost");  // which the system's own resolver would find here
        return std::vector{make_address(asked++ == 0 ? "127.0.0.2" : "127.0.0.1")};
    };
    const auto url = std::format("http://localhost:{}/", second.port());
    EXPECT_EQ(ask(url, only_second(), flips).value().body, "outside");
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(refusal(url, only_second(), flips), fault::forbidden_address);
}

TEST(outbound_guard, checks_every_redirect_like_the_first)
{
    const sentinel inside{"127.0.0.1", reply("inside")};
    const auto to = [&](const std::string& location) {
        return reply("", "Location: " + location + "\r\n", "302 Found");
    };
    const auto names = always({"127.0.0.2"});
    const sentinel goal{"127.0.0.2", reply("outside")};
    const auto follow = [&](const std::string& location) {
        const sentinel first{"127.0.0.2", to(location)};
        return ask(std::format("http://calendar.example:{}/", first.port()), only_second(), names);
    };
    EXPECT_EQ(follow(std::format("http://127.0.0.1:{}/", inside.port())).error(), fault::forbidden_address);
    EXPECT_EQ(follow(std::format("http://2130706433:{}/", inside.port())).error(), fault::forbidden_address);
    EXPECT_EQ(follow(std::format("//[::1]:{}/", inside.port())).error(), fault::forbidden_address);
    EXPECT_EQ(follow(std::format("http://x@127.0.0.2:{}/", inside.port())).error(), fault::bad_address);
    for (const auto* other : {"file:///etc/passwd", "gopher://127.0.0.2/", "ftp://127.0.0.2/", "http://"})
        EXPECT_EQ(follow(other).error(), fault::bad_address) << other;
    EXPECT_EQ(follow(std::format("http://other.example:{}/x", goal.port())).value().body, "outside");
    EXPECT_EQ(inside.accepts(), 0);

    const sentinel loops{"127.0.0.2", to("/again")};
    EXPECT_EQ(refusal(std::format("http://calendar.example:{}/", loops.port()), only_second(), names),
              fault::too_many_redirects);
    EXPECT_EQ(loops.accepts(), 4);

    // A name that is public for the first hop and not for the second.
    const sentinel turns{"127.0.0.2", to(std::format("http://turn.example:{}/", inside.port()))};
    const resolver flips = [n = 0](const std::string&, std::chrono::milliseconds) mutable {
        return std::vector{make_address(n++ == 0 ? "127.0.0.2" : "127.0.0.1")};
    };
    EXPECT_EQ(refusal(std::format("http://turn.example:{}/", turns.port()), only_second(), flips),
              fault::forbidden_address);
    EXPECT_EQ(inside.accepts(), 0);
}

std::string gzip(std::string_view text)
{
    std::string out(compressBound(text.size()) + 100, '\0');
    z_stream z{};
    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    z.avail_in = static_cast<uInt>(text.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

TEST(outbound_guard, takes_so_much_and_waits_so_long)
{
    const auto body_of = [](const std::string& says, bool endless = false, guard g = only_second()) {
        const sentinel s{"127.0.0.2", says, endless};
        return ask(std::format("http://127.0.0.2:{}/", s.port()), g);
    };
    EXPECT_EQ(body_of(reply(std::string(5'000'000, 'a'))).value().body.size(), 5'000'000U);
    EXPECT_EQ(body_of(reply(std::string(5'000'001, 'a'))).error(), fault::too_large);
    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'a'), true).error(), fault::too_large);
    EXPECT_FALSE(
        body_of("HTTP/1.1 200 OK\r\nX: " + std::string(9'000, 'a') + "\r\n", true));  // libcurl has a limit of its own

    const auto bomb = gzip(std::string(200'000'000, '\0'));
    EXPECT_LT(bomb.size(), 300'000U);
    EXPECT_EQ(body_of(reply(bomb, "Content-Encoding: gzip\r\n")).error(), fault::too_large);
    EXPECT_EQ(body_of(reply(gzip("small"), "Content-Encoding: gzip\r\n")).value().body, "small");

    EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").error(), fault::broken);
    EXPECT_EQ(body_of("SSH-2.0-OpenSSH_9\r\n").error(), fault::broken);
    EXPECT_EQ(body_of("").error(), fault::broken);

    auto impatient = only_second();
    impatient.total = 300ms;
    const sentinel mute{"127.0.0.2", "HTTP/1.1 100 Continue\r\n\r\n", true};
    EXPECT_TRUE(std::ranges::contains(std::array{fault::timed_out, fault::too_large},
                                      refusal(std::format("http://127.0.0.2:{}/", mute.port()), impatient)));
    EXPECT_EQ(refusal("http://127.0.0.2:1/", only_second()), fault::unreachable);
}

TEST(outbound, sends_what_it_is_told_and_nothing_of_the_environment)
{
    const sentinel proxy{"127.0.0.1", reply("proxy")};
    ::setenv("http_proxy", std::format("http://127.0.0.1:{}", proxy.port()).c_str(), 1);
    const sentinel s{"127.0.0.2", reply("",
                                        "ETag: \"a\"\r\nLast-Modified: yesterday\r\nContent-Type: text/calendar\r\n"
                                        "Set-Cookie: a=b\r\n",
                                        "304 Not Modified")};
    const request r{.url = std::format("http://127.0.0.2:{}/a?b#c", s.port()), .headers = {{"If-None-Match", "\"a\""}}};
    const auto got = fetch(r, only_second(), nobody, {}).value();
    ::unsetenv("http_proxy");
    EXPECT_EQ(std::tie(got.status, got.etag, got.last_modified, got.content_type),
              std::tuple(304, "\"a\"", "yesterday", "text/calendar"));
    EXPECT_EQ(proxy.accepts(), 0);
    EXPECT_TRUE(s.last_head().starts_with("GET /a?b HTTP/1.1\r\n"));
    EXPECT_TRUE(s.last_head().contains("If-None-Match: \"a\"\r\n"));
    EXPECT_FALSE(s.last_head().contains("Cookie"));

    const sentinel provider{"127.0.0.1", reply("done")};
    const request post{.url = std::format("http://127.0.0.1:{}/pay", provider.port()), .method = "POST", .body = "a=1"};
    EXPECT_EQ(fetch(post, guard::trusted(), nobody, {}).value().body, "done");
    EXPECT_TRUE(provider.last_head().starts_with("POST /pay HTTP/1.1\r\n"));
}

TEST(outbound, does_not_say_of_what_has_an_effect_that_it_never_went_out)
{
    const auto cut_off = [](std::string method) {
        const sentinel provider{"127.0.0.1", "", true};  // says nothing, and stays
        const request r{.url = std::format("http://127.0.0.1:{}/", provider.port()), .method = std::move(method)};
        std::stop_source stop;
        const std::jthread ends{[&] {
            while (provider.accepts() == 0) std::this_thread::sleep_for(1ms);
            std::this_thread::sleep_for(200ms);
            stop.request_stop();
        }};
        return fetch(r, guard::trusted(), nobody, stop.get_token()).error();
    };
    EXPECT_EQ(cut_off("POST"), fault::broken);
    EXPECT_EQ(cut_off("GET"), fault::busy);
}

TEST(outbound, answers_where_it_was_asked_and_ends_at_once)
{
    const sentinel s{"127.0.0.2", reply("here")};
    const sentinel slow{"127.0.0.2"};
    boost::asio::io_context io;
    std::string got;
    auto c = std::make_unique<client>(1, nobody);
    boost::asio::co_spawn(
        io,
        [&]() -> task<> {
            auto answer = co_await c->send({.url = std::format("http://127.0.0.2:{}/", s.port())}, only_second());
            got = answer.value().body;
        },
        boost::asio::detached);
    io.run();
    EXPECT_EQ(got, "here");

    std::optional<fault> ended;
    boost::asio::co_spawn(
        io,
        [&]() -> task<> {
            auto answer = co_await c->send({.url = "http://127.0.0.2:9/"}, only_second());
            ended = answer.error();
        },
        boost::asio::detached);
    io.restart();
    io.poll();
    c.reset();
    io.run();
    EXPECT_TRUE(ended);
}

TEST(outbound_names, are_found_by_the_system_within_the_time)
{
    EXPECT_FALSE(resolve("localhost", 5s).empty());
    EXPECT_TRUE(resolve("nobody.invalid", 2s).empty());
}

}  // namespace
}  // namespace roost::outbound
