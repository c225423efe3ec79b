#include <gtest/gtest.h>

#include "platform/auth/access_token.hpp"
#include "platform/auth/crypto.hpp"

using namespace roost;
using namespace std::chrono_literals;

namespace {

struct tokens : testing::Test
{
    roost::clock now;
    auth::key_ring ring;
    auth::signing_key key = auth::make_signing_key(now.now() - 1min);
    auth::token_service service{ring, now, {}};
    identity who{user_id::make(), session_id::make(), true, false};

    tokens() { ring.replace({key}); }

    std::string sign(std::string header, std::string payload) const
    {
        auto text = auth::base64url(header) + "." + auth::base64url(payload);
        return text + "." + auth::base64url(key.sign(text));
    }
    std::string good_header() const { return *auth::from_base64url(auth::encoded_header(key.kid)); }
    std::string payload_of(std::string_view token) const
    {
        auto first = token.find('.'), last = token.rfind('.');
        return *auth::from_base64url(token.substr(first + 1, last - first - 1));
    }
    /// A token rightly signed by our key whose payload has `from` replaced by `to`.
    std::string with(std::string_view from, std::string_view to) const
    {
        auto payload = payload_of(service.mint(who));
        auto at = payload.find(from);
        EXPECT_NE(at, payload.npos) << payload;
        return sign(good_header(), payload.replace(at, from.size(), to));
    }
    std::int64_t seconds() const
    {
        return std::chrono::floor<std::chrono::seconds>(now.now()).time_since_epoch().count();
    }
};

}  // namespace

TEST(base64url, round_trips_and_refuses_other_spellings)
{
    for (std::size_t n = 0; n < 50; ++n)
    {
        auto bytes = auth::random_bytes(n);
        EXPECT_EQ(auth::from_base64url(auth::base64url(bytes)), bytes);
    }
    EXPECT_EQ(auth::base64url("\xfb\xff"), "-_8");
    for (auto bad : {"A", "AB=", "AB==", "+_8", "/_8", "-_9", "A B", "AB\n", "-_8."})
        EXPECT_FALSE(auth::from_base64url(bad)) << bad;
}

TEST(sealing, opens_with_its_own_secret_and_untouched_only)
{
    auto sealed = auth::seal("secret", "private key");
    EXPECT_EQ(auth::unseal("secret", sealed), "private key");
    EXPECT_FALSE(auth::unseal("other", sealed));
    EXPECT_NE(sealed, auth::seal("secret", "private key"));
    for (std::size_t i = 0; i < sealed.size(); ++i)
    {
        auto broken = sealed;
        broken[i] ^= 1;
        EXPECT_FALSE(auth::unseal("secret", broken)) << i;
    }
    EXPECT_FALSE(auth::unseal("secret", "short"));
}

TEST_F(tokens, says_what_it_was_given)
{
    auto says = service.verify(service.mint(who));
    ASSERT_TRUE(says);
    EXPECT_EQ(says->user, who.user);
    EXPECT_EQ(says->session, who.session);
    EXPECT_EQ(says->csrf, "");
    EXPECT_EQ(service.verify(service.mint(who, "crumb"))->csrf, auth::base64url(auth::as_bytes(auth::sha256("crumb"))));
    EXPECT_NE(service.mint(who), service.mint(who));
}

TEST_F(tokens, a_forged_header_is_refused)
{
    auto payload = payload_of(service.mint(who));
    auto kid = "\"" + key.kid + "\"";
    const std::string headers[] = {
        R"({"alg":"none","typ":"at+jwt"})",
        R"({"alg":"None","kid":)" + kid + R"(,"typ":"at+jwt"})",
        R"({"alg":"HS256","kid":)" + kid + R"(,"typ":"at+jwt"})",
        R"({"alg":"ES256","kid":)" + kid + R"(,"typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":)" + kid + R"(,"typ":"JWT"})",
        R"({"alg":"EdDSA","kid":)" + kid + "}",
        R"({"alg":"EdDSA","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"../../dev/null","typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":"' or 1=1 --","typ":"at+jwt"})",
        R"({"alg":"EdDSA","jku":"https://evil.example/k","kid":)" + kid + R"(,"typ":"at+jwt"})",
        R"({"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":")" + key.x + R"("},"kid":)" + kid
            + R"(,"typ":"at+jwt"})",
        R"({"alg":"EdDSA","kid":)" + kid + R"(,"typ":"at+jwt","x5u":"https://evil.example"})",
        R"({"alg":"EdDSA","crit":["exp"],"kid":)" + kid + R"(,"typ":"at+jwt"})",
    };
    for (const auto& h : headers) EXPECT_FALSE(service.verify(sign(h, payload))) << h;
    EXPECT_TRUE(service.verify(sign(good_header(), payload))) << "the control";

    auto unsigned_token = auth::base64url(headers[0]) + "." + auth::base64url(payload) + ".";
    EXPECT_FALSE(service.verify(unsigned_token));
    auto text = auth::base64url(headers[2]) + "." + auth::base64url(payload);
    auto hs256 = text + "." + auth::base64url(auth::as_bytes(auth::hmac_sha256(*auth::from_base64url(key.x), text)));
    EXPECT_FALSE(service.verify(hs256)) << "signed with the public key as an HMAC key";
}

TEST_F(tokens, a_wrong_claim_is_refused)
{
    EXPECT_TRUE(service.verify(with("roost-api", "roost-api"))) << "the control";
    EXPECT_FALSE(service.verify(with("roost-api", "elsewhere")));
    EXPECT_FALSE(service.verify(with(R"("aud":"roost-api")", R"("aud":["roost-api"])")));
    EXPECT_FALSE(service.verify(with(R"("iss":"roost")", R"("iss":"rooster")")));
    for (auto name : {"exp", "nbf", "iat", "sub", "sid", "jti", "iss", "aud"})
        EXPECT_FALSE(service.verify(with("\"" + std::string{name} + "\"", "\"gone\""))) << name;
    auto exp = "\"exp\":" + std::to_string(seconds() + 900);
    EXPECT_FALSE(service.verify(with(exp, "\"exp\":\"9999999999\"")));
    EXPECT_FALSE(service.verify(with(exp, "\"exp\":9999999999.5")));
    EXPECT_FALSE(service.verify(with(exp, "\"exp\":99999999999999")));
    EXPECT_FALSE(service.verify(with(exp, "\"exp\":-1")));
    EXPECT_FALSE(service.verify(with(who.user.text(), "root")));
}

TEST_F(tokens, any_changed_byte_is_refused)
{
    auto token = service.mint(who);
    for (std::size_t i = 0; i < token.size(); ++i)
    {
        auto broken = token;
        broken[i] = broken[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(service.verify(broken)) << i;
    }
    for (const auto& other : {token + "=", token + ".", token + "A", "." + token, token + std::string(1, '\0'),
                              token.substr(0, token.size() - 1), token.substr(0, token.rfind('.')) + ".", std::string{},
                              std::string{".."}, std::string(65'536, 'a'), token + std::string(5000, 'A')})
        EXPECT_FALSE(service.verify(other)) << other.size();
    EXPECT_FALSE(service.verify(token.substr(0, token.rfind('.') + 1) + auth::base64url(std::string(64, '\0'))));
}

TEST_F(tokens, times_hold_with_a_minute_of_skew)
{
    auto token = service.mint(who);
    for (auto [offset, good] : {std::pair{0s, true},
                                {899s, true},
                                {958s, true},
                                {962s, false},
                                {-58s, true},
                                {-63s, false},
                                {86'400s, false}})
    {
        now.shift_by(offset);
        EXPECT_EQ(service.verify(token).has_value(), good) << offset.count();
    }
}

TEST_F(tokens, keys_rotate)
{
    auto old = service.mint(who);
    auto fresh = auth::make_signing_key(now.now() + 2min);
    ring.replace({key, fresh});
    EXPECT_EQ(service.mint(who).substr(0, 20), old.substr(0, 20)) << "a young key waits until all have loaded it";
    EXPECT_NE(ring.get()->jwks(now.now()).find(fresh.kid), std::string::npos) << "and is published meanwhile";
    now.shift_by(3min);
    auto young = service.mint(who);
    EXPECT_TRUE(young.starts_with(auth::encoded_header(fresh.kid)));
    EXPECT_TRUE(service.verify(young));
    EXPECT_TRUE(service.verify(old));
    key.verifies_until = now.now() + 1min;
    ring.replace({key, fresh});
    EXPECT_TRUE(service.verify(old));
    now.shift_by(5min);
    EXPECT_FALSE(service.verify(old));
    EXPECT_EQ(ring.get()->jwks(now.now()).find(key.kid), std::string::npos);
    EXPECT_EQ(ring.get()->jwks(now.now()).find("PRIVATE"), std::string::npos);
}

TEST_F(tokens, without_a_key_nothing_is_signed)
{
    ring.replace({});
    EXPECT_THROW(service.mint(who), std::runtime_error);
    EXPECT_FALSE(service.verify("a.b.c"));
    EXPECT_EQ(ring.get()->jwks(now.now()), R"({"keys":[]})");
}

TEST_F(tokens, the_cache_stays_bounded_and_forgets_in_time)
{
    auth::verified_tokens cache{service, now, 10};
    auto token = service.mint(who);
    EXPECT_TRUE(cache.verify(token));
    EXPECT_TRUE(cache.verify(token));
    EXPECT_EQ(cache.size(), 1u);
    EXPECT_FALSE(cache.verify(token + "A"));
    EXPECT_EQ(cache.size(), 1u) << "what is false is not kept";
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(cache.verify(service.mint(who)));
    EXPECT_EQ(cache.size(), 10u);
    EXPECT_TRUE(cache.verify(token));
    now.shift_by(962s);
    EXPECT_FALSE(cache.verify(token)) << "expired while it was kept";
    now.shift_by(0s);
    EXPECT_TRUE(cache.verify(token));
    ring.replace({auth::make_signing_key(now.now())});
    EXPECT_FALSE(cache.verify(token)) << "its key was withdrawn while it was kept";
}
