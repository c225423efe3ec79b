#include <gtest/gtest.h>

#include <format>

#include "payments/paystack/amounts.hpp"
#include "payments/paystack/api.hpp"
#include "payments/paystack/event.hpp"
#include "payments/paystack/gateway.hpp"
#include "platform/auth/crypto.hpp"
#include "unit/run_here.hpp"
#include "unit/sentinel.hpp"

namespace roost::payments {
namespace {

using namespace std::chrono_literals;

currency in(std::string_view code) { return currency::parse(code).value(); }

TEST(paystack_amounts, are_in_hundredths_whatever_the_currency_has)
{
    for (const auto* code : {"NGN", "GHS", "KES", "USD", "ZAR"})
    {
        EXPECT_EQ(paystack::to_paystack(money{12'345, in(code)}), 12'345) << code;
        EXPECT_EQ(paystack::from_paystack(12'345, in(code)), (money{12'345, in(code)})) << code;
        EXPECT_EQ(paystack::rounded_from_paystack(12'345, in(code)), (money{12'345, in(code)})) << code;
    }
    const auto franc = in("XOF");
    EXPECT_EQ(paystack::to_paystack(money{12'345, franc}), 1'234'500);
    EXPECT_EQ(paystack::from_paystack(1'234'500, franc), (money{12'345, franc}));
    EXPECT_EQ(paystack::from_paystack(1'234'501, franc), std::nullopt) << "there is no hundredth of a franc";
    EXPECT_EQ(paystack::rounded_from_paystack(149, franc), (money{1, franc}));
    EXPECT_EQ(paystack::rounded_from_paystack(150, franc), (money{2, franc}));
    EXPECT_EQ(paystack::to_paystack(money{INT64_MAX, franc}), std::nullopt);
    EXPECT_EQ(paystack::to_paystack(money{1, in("EUR")}), std::nullopt);
    EXPECT_EQ(paystack::from_paystack(100, in("EUR")), std::nullopt);
}

TEST(paystack_references, belong_to_payments)
{
    const auto id = payment_id::make();
    EXPECT_EQ(paystack::payment_in(id.text()), id);
    EXPECT_EQ(paystack::payment_in(id.text() + "-2"), id);
    for (const auto& other :
         {std::string{}, std::string{"shop-1"}, id.text() + "2", id.text().substr(1), "x" + id.text()})
        EXPECT_EQ(paystack::payment_in(other), std::nullopt) << other;
}

TEST(paystack_words, are_made_of_messages)
{
    EXPECT_EQ(paystack::word_of("Insufficient Funds"), "insufficient_funds");
    EXPECT_EQ(paystack::word_of("  Declined. (51)  "), "declined_51");
    EXPECT_EQ(paystack::word_of(""), "");
    EXPECT_LE(paystack::word_of(std::string(500, 'x')).size(), 60U);
}

TEST(paystack_events, are_signed_as_rfc_4231_says)
{
    // Its second test case.
    constexpr std::string_view body = "what do ya want for nothing?";
    EXPECT_EQ(auth::hex(auth::hmac_sha512("Jefe", body)),
              "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
              "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

std::string http(std::string_view status, std::string_view body)
{
    return std::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status, body.size(), body);
}

/// Paystack, which always answers the same.
class said
{
    test::sentinel paystack_;
    outbound::client client_{1};
    std::unique_ptr<gateway> gateway_;

public:
    explicit said(std::string_view body, std::string_view status = "200 OK")
        : paystack_{"127.0.0.1", http(status, body)},
          gateway_{make_paystack(
              client_, {.secret_key = "sk_test_x", .api_base = std::format("http://127.0.0.1:{}", paystack_.port())},
              "https://stays.example.com", {}, 5s)}
    {}

    gateway& operator*() { return *gateway_; }
    std::string asked() const { return paystack_.last_head().substr(0, paystack_.last_head().find(" HTTP/1.1")); }
    int times() const { return paystack_.accepts(); }
};

constexpr std::string_view refusal = R"({{"status":false,"message":"{}","type":"validation_error","code":"{}"}})";

class paystack_payouts : public testing::Test
{
protected:
    payout_request r{.id = payout_id::make(), .amount = {5'000, in("NGN")}, .destination = "RCP_1", .reference = {}};

    std::string transfer(std::string_view status, int amount = 5'000) const
    {
        return std::format(R"({{"status":true,"message":"x","data":{{"amount":{},"currency":"NGN","status":"{}",
            "reference":"{}","transfer_code":"TRF_1","recipient":28}}}})",
                           amount, status, r.id.text());
    }
};

TEST_F(paystack_payouts, stand_as_their_transfers_do)
{
    const struct
    {
        std::string_view status;
        payout_status is;
    } cases[] = {{"success", payout_status::paid},          {"pending", payout_status::pending},
                 {"received", payout_status::pending},      {"otp", payout_status::pending},
                 {"something_new", payout_status::pending}, {"failed", payout_status::failed},
                 {"reversed", payout_status::failed},       {"abandoned", payout_status::failed},
                 {"blocked", payout_status::failed},        {"rejected", payout_status::failed}};
    for (const auto& c : cases)
    {
        said s{transfer(c.status)};
        const auto answer = test::run_here((*s).pay_out(r));
        EXPECT_EQ(answer.status, c.is) << c.status;
        EXPECT_EQ(answer.reference, "TRF_1");
        if (c.is != payout_status::paid)
        {
            EXPECT_EQ(answer.reason, c.status);
        }
        EXPECT_EQ(s.asked(), "POST /transfer");
        EXPECT_EQ(s.times(), 1);
    }
}

TEST_F(paystack_payouts, are_looked_for_before_they_are_sent_again)
{
    r.repeated = true;
    said sent{transfer("success")};
    EXPECT_EQ(test::run_here((*sent).pay_out(r)).status, payout_status::paid);
    EXPECT_EQ(sent.asked(), "GET /transfer/verify/" + r.id.text());
    EXPECT_EQ(sent.times(), 1) << "and not sent again";
    said another{transfer("success", 4'000)};
    EXPECT_EQ(test::run_here((*another).pay_out(r)).status, std::nullopt) << "of another amount: for people";
    said broken{"{}", "500 Internal Server Error"};
    EXPECT_EQ(test::run_here((*broken).pay_out(r)).status, std::nullopt);
    EXPECT_EQ(broken.times(), 1) << "nothing is sent as long as it cannot be looked for";
    said nobody{std::vformat(refusal, std::make_format_args("Transfer not found", "transfer_not_found")),
                "404 Not Found"};
    EXPECT_EQ(test::run_here((*nobody).pay_out(r)).status, payout_status::failed)
        << "looked for, sent, refused, looked for";
    EXPECT_EQ(nobody.times(), 3);
}

TEST_F(paystack_payouts, that_are_refused_may_be_there)
{
    constexpr std::string_view twice = "Please provide a unique reference. Reference already exists on a transfer";
    said s{std::vformat(refusal, std::make_format_args(twice, "duplicate_reference")), "400 Bad Request"};
    EXPECT_EQ(test::run_here((*s).pay_out(r)).status, std::nullopt) << "as long as that is not clear";
    EXPECT_EQ(s.asked(), "GET /transfer/verify/" + r.id.text());
    constexpr std::string_view poor = "Your balance is not enough to fulfil this request";
    said broke{std::vformat(refusal, std::make_format_args(poor, "insufficient_balance")), "400 Bad Request"};
    EXPECT_EQ(test::run_here((*broke).pay_out(r)).status, std::nullopt) << "it may be had later";
    EXPECT_EQ(broke.times(), 1);
    r.amount = {5'000, in("EUR")};
    EXPECT_EQ(test::run_here((*broke).pay_out(r)).status, payout_status::failed) << "a currency that Paystack has not";
    EXPECT_EQ(broke.times(), 1);
}

TEST_F(paystack_payouts, go_to_recipients)
{
    said s{"{}"};
    for (const auto* good : {"RCP_1", "RCP_2x5j67tnnw1t98k"}) EXPECT_TRUE((*s).is_destination(good)) << good;
    for (const auto* bad : {"", "RCP_", "RCP", "rcp_1", "ACCT_1", "RCP_1/x", "RCP_1\"", "RCP_\xC3\xA9"})
        EXPECT_FALSE((*s).is_destination(bad)) << bad;
}

TEST(paystack_disputes, take_money_once_they_are_lost)
{
    constexpr std::string_view body = R"({{"status":true,"message":"x","data":{{"id":7,"status":"{}","resolution":{},
        "refund_amount":{},"category":"chargeback","transaction":{{"reference":"r-1","currency":"NGN","amount":10000}}}}}})";
    const struct
    {
        std::string_view status, resolution, amount;
        std::optional<dispute_status> is;
        std::int64_t taken;
    } cases[] = {{"awaiting-merchant-feedback", "null", "8000", dispute_status::open, 0},
                 {"awaiting-bank-feedback", "null", "8000", dispute_status::open, 0},
                 {"pending", "null", "null", dispute_status::open, 0},
                 {"resolved", R"("declined")", "8000", dispute_status::won, 0},
                 {"resolved", R"("merchant-accepted")", "8000", dispute_status::lost, 8'000},
                 {"resolved", R"("auto-accepted")", "null", dispute_status::lost, 10'000},
                 {"resolved", R"("something-new")", "8000", {}, 0},
                 {"resolved", "null", "8000", {}, 0}};
    for (const auto& c : cases)
    {
        said s{std::vformat(body, std::make_format_args(c.status, c.resolution, c.amount))};
        const auto seen = test::run_here((*s).query_dispute("7"));
        EXPECT_EQ(s.asked(), "GET /dispute/7");
        ASSERT_EQ(seen.has_value(), c.is.has_value()) << c.status << c.resolution;
        if (!seen) continue;
        EXPECT_EQ(seen->status, c.is) << c.status << c.resolution;
        EXPECT_EQ(seen->charge, "r-1");
        EXPECT_EQ(seen->amount, (money{c.taken, in("NGN")})) << c.status << c.resolution;
        EXPECT_EQ(seen->fee, (money{0, in("NGN")}));
    }
}

}  // namespace
}  // namespace roost::payments
