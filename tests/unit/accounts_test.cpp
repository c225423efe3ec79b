#include <gtest/gtest.h>

#include "accounts/cookies.hpp"
#include "accounts/refresh_token.hpp"
#include "accounts/store.hpp"
#include "accounts/user.hpp"
#include "platform/auth/crypto.hpp"

using namespace roost;

TEST(user, username_addresses_and_numbers_are_checked)
{
    for (auto good : {"ann", "Ann_2", "a.b-c", "0cool", "abcdefghijabcdefghijabcdefghijabcdefghij"})
        EXPECT_TRUE(username_format.check(good)) << good;
    for (auto bad :
         {"", "ab", "_ann", "-ann", ".ann", "an n", "ann@home", "änn", "abcdefghijabcdefghijabcdefghijabcdefghijk"})
        EXPECT_FALSE(username_format.check(bad)) << bad;
    for (auto good : {"a@b.example", "ann+tag@mail.example.org", "o'hara@x-y.example", "1@2.co"})
        EXPECT_TRUE(email_format.check(good)) << good;
    for (auto bad :
         {"", "@b.example", "a@", "a@b", "a@b..example", "a@-b.example", "a@b.1", ".a@b.example", "a..b@c.example",
          "a b@c.example", "a@b.example ", "a@b.exämple", "\"a\"@b.example", "a@[127.0.0.1]", "a\n@b.example"})
        EXPECT_FALSE(email_format.check(bad)) << bad;
    EXPECT_FALSE(email_format.check(std::string(65, 'a') + "@b.example"));
    for (auto good : {"+33612345678", "+12025550123"}) EXPECT_TRUE(phone_format.check(good)) << good;
    for (auto bad : {"0612345678", "+0123456789", "+33 612345678", "+1", "+1234567890123456"})
        EXPECT_FALSE(phone_format.check(bad)) << bad;
    for (auto good : {"https://example.com/a.png?x=1", "https://a.example"})
        EXPECT_TRUE(web_address_format.check(good)) << good;
    for (auto bad : {"http://example.com", "javascript:alert(1)", "https://", "https://localhost/",
                     "https://a.example/ b", "https://a.example/\"><script>", "https://user@evil.example/"})
        EXPECT_FALSE(web_address_format.check(bad)) << bad;
    for (auto good : {"en", "pt-BR", "zh-Hant-TW"}) EXPECT_TRUE(locale_format.check(good)) << good;
    for (auto bad : {"e", "english", "en_US", "en-", "-en", "e1"}) EXPECT_FALSE(locale_format.check(bad)) << bad;
}

TEST(user, a_patch_changes_what_it_names)
{
    user u;
    u.display_name = "Ann";
    u.phone = "+33612345678";
    u.bio = "old";
    u.locale = "en";
    account_changes none;
    auto same = apply(u, none);
    ASSERT_TRUE(same);
    EXPECT_EQ(same->bio, "old");
    account_changes some;
    some.bio = "new";
    some.phone.emplace();
    some.is_host = true;
    auto changed = apply(u, some);
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->bio, "new");
    EXPECT_EQ(changed->phone, std::nullopt);
    EXPECT_TRUE(changed->is_host);
    EXPECT_EQ(changed->display_name, "Ann");
    account_changes no_host;
    no_host.is_host = false;
    EXPECT_TRUE(apply(u, no_host));
    EXPECT_FALSE(apply(*changed, no_host));
    EXPECT_EQ(own_view(*changed).roles, (std::vector{role::guest, role::host}));
}

TEST(password_rules, refuse_what_everybody_tries)
{
    for (auto weak :
         {"1234567890", "password123", "Password123!", "p4$$w0rd!!", "P@ssword2024", "qwertyuiop", "!!monkey!!",
          "letmein12345", "passwordpassword", "dragondragon", "abcdefghijk", "9876543210", "aaaaaaaaaaaa", "1111111111",
          "121212121212", "annabella12", "annabella@example.com", "ANNABELLA1"})
        EXPECT_TRUE(weakness(weak, "annabella", "annabella@example.com")) << weak;
    for (auto fine :
         {"correct horse battery", "monkey business 1 2 3", "tr0ub4dor&3-again", "kJ8#mP2$vL9@", "8472947204x",
          "пароль на троих", "dragonfly under glass", "my dog ate annabella's socks", "password 8349271650"})
        EXPECT_FALSE(weakness(fine, "annabella", "annabella@example.com")) << fine;
    EXPECT_FALSE(weakness("correct horse battery", "abc", ""));
}

TEST(refresh_token, keeps_its_family_and_changes_its_secret)
{
    const auto first = refresh_token::fresh();
    const auto parsed = refresh_token::parse(first.text());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->family, first.family);
    EXPECT_EQ(parsed->secret, first.secret);
    EXPECT_EQ(first.text().size(), 86u);

    const auto next = first.successor("salt");
    EXPECT_EQ(next.family, first.family);
    EXPECT_NE(next.secret, first.secret);
    EXPECT_EQ(next.text(), first.successor("salt").text()) << "a repeated request gets the same";
    EXPECT_NE(next.text(), first.successor("other").text());
    EXPECT_NE(next.csrf(), first.csrf());
    EXPECT_NE(first.csrf(), auth::base64url(first.secret));
    for (auto bad : {"", "x", "....", "AAAA"}) EXPECT_FALSE(refresh_token::parse(bad)) << bad;
    EXPECT_FALSE(refresh_token::parse(first.text() + "AA"));
    EXPECT_FALSE(refresh_token::parse(std::string(100'000, 'A')));
}

TEST(origin, one_subscriber_is_one_network)
{
    const auto network = [](const char* address) { return accounts::origin{address, ""}.network(); };
    EXPECT_EQ(network("203.0.113.7"), "203.0.113.7");
    EXPECT_EQ(network("::ffff:203.0.113.7"), "203.0.113.7");
    EXPECT_EQ(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::"));
    EXPECT_NE(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    EXPECT_EQ(network("unix"), "unix");
}

TEST(cookies, are_found_by_their_whole_name_and_once)
{
    const auto value = [](std::string_view text) {
        http::request r;
        r.headers = {{"Cookie", text}};
        return accounts::cookie(r, "session").value_or("none");
    };
    EXPECT_EQ(value("session=abc"), "abc");
    EXPECT_EQ(value("a=1; session=abc; b=2"), "abc");
    EXPECT_EQ(value("session=a=b"), "a=b");
    EXPECT_EQ(value("session="), "");
    for (auto text :
         {"", "sessions=x", "xsession=x", "session", "Session=x", "a=session=x", ";;;", "session=a; session=b"})
        EXPECT_EQ(value(text), "none") << text;
}
