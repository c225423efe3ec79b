#include <gtest/gtest.h>

#include <array>
#include <format>

#include "payments/signature.hpp"

namespace roost::payments {
namespace {

using namespace std::chrono_literals;

const instant now{std::chrono::seconds{1'700'000'000}};
const std::string body = R"({"id":"evt_1","amount":1050})";
const std::array<std::string, 2> secrets{"whsec_new", "whsec_old"};

// HMAC-SHA256 of "1700000000." and the body under "whsec_old", by OpenSSL's command line.
constexpr std::string_view known = "a7567225eb8c30ae82e82e3f77521492cc1e97828af823dd9e3ea89f8864943d";

TEST(payment_signature, what_is_signed_verifies_with_any_secret_that_is_good)
{
    for (const auto& secret : secrets) EXPECT_TRUE(is_signed(sign(secret, body, now), body, secrets, now));
    EXPECT_FALSE(is_signed(sign("another", body, now), body, secrets, now));
    EXPECT_FALSE(is_signed(sign(secrets[0], body, now), body, {}, now));
}

TEST(payment_signature, is_the_scheme_that_others_use)
{
    EXPECT_EQ(sign("whsec_old", body, now), std::format("t=1700000000,v1={}", known));
}

TEST(payment_signature, one_good_code_among_several_is_enough)
{
    EXPECT_TRUE(is_signed(std::format("t=1700000000,v0=abc,v1=00,v1={}", known), body, secrets, now));
    EXPECT_FALSE(is_signed(std::format("t=1700000000,v0={}", known), body, secrets, now));
    std::string many = "t=1700000000";
    for (int i = 0; i < 20; ++i) many += ",v1=00";
    EXPECT_FALSE(is_signed(many + std::format(",v1={}", known), body, secrets, now)) << "nobody signs that often";
}

TEST(payment_signature, clocks_may_differ_by_five_minutes_either_way)
{
    const auto header = sign(secrets[0], body, now);
    for (const auto apart : {-301s, -300s, -299s, 0s, 299s, 300s, 301s})
        EXPECT_EQ(is_signed(header, body, secrets, now + apart), apart >= -300s && apart <= 300s) << apart.count();
}

TEST(payment_signature, any_other_bit_is_no_signature)
{
    const auto header = sign(secrets[0], body, now);
    for (std::size_t bit = 0; bit < 8 * body.size(); ++bit)
    {
        auto other = body;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(is_signed(header, other, secrets, now)) << bit;
    }
    for (std::size_t at = 0; at < header.size(); ++at)
    {
        auto other = header;
        other[at] = static_cast<char>(other[at] ^ 1);
        EXPECT_FALSE(is_signed(other, body, secrets, now)) << other;
    }
}

TEST(payment_signature, what_is_no_signature_is_none)
{
    for (const std::string header :
         {"", "t=", "v1=", "t=1700000000", "t=x,v1=", "t=-1700000000,v1=00", "t=99999999999999999999,v1=00", ",,,"})
        EXPECT_FALSE(is_signed(header, body, secrets, now)) << header;
}

}  // namespace
}  // namespace roost::payments
