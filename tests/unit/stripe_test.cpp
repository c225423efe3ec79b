#include <gtest/gtest.h>

#include <format>
#include <tuple>

#include "payments/stripe/amounts.hpp"
#include "payments/stripe/gateway.hpp"
#include "platform/outbound/client.hpp"
#include "unit/run_here.hpp"
#include "unit/sentinel.hpp"

namespace roost::payments {
namespace {

using namespace std::chrono_literals;

currency in(std::string_view code) { return currency::parse(code).value(); }

TEST(stripe_amounts, are_in_stripes_units)
{
    const struct
    {
        std::string_view code;
        std::int64_t ours;
        std::optional<std::int64_t> theirs;
    } cases[] = {{"EUR", 12'050, 12'050}, {"JPY", 500, 500},  {"HUF", 1'045, 1'045},  {"TWD", 80'045, 80'045},
                 {"KWD", 5'120, 5'120},   {"KWD", 5'124, {}}, {"UGX", 5, 500},        {"ISK", 5, 500},
                 {"MGA", 500, 5},         {"MGA", 501, {}},   {"IQD", 1'000, {}},     {"LYD", 1'000, {}},
                 {"CLF", 10'000, {}},     {"UYI", 1, {}},     {"UGX", INT64_MAX, {}}, {"EUR", -5, -5}};
    for (const auto& [code, ours, theirs] : cases)
    {
        EXPECT_EQ(stripe::to_stripe(money{ours, in(code)}), theirs) << code << ' ' << ours;
        if (theirs)
        {
            EXPECT_EQ(stripe::from_stripe(*theirs, in(code)), (money{ours, in(code)})) << code;
        }
    }
    EXPECT_EQ(stripe::from_stripe(501, in("UGX")), std::nullopt) << "there is no hundredth of a shilling";
    EXPECT_EQ(stripe::from_stripe(1, in("IQD")), std::nullopt);
}

TEST(stripe_amounts, are_cut_to_what_stripe_can_write)
{
    const std::tuple<std::string_view, std::int64_t, std::int64_t> cases[] = {
        {"EUR", 12'051, 12'051}, {"JPY", 501, 501}, {"KWD", 5'129, 5'120}, {"KWD", 9, 0}, {"TND", 5'120, 5'120},
        {"MGA", 599, 500},       {"MGA", 99, 0},    {"UGX", 7, 7},         {"ISK", 7, 7}, {"IQD", 1'000, 0}};
    for (const auto& [code, amount, most] : cases)
        EXPECT_EQ(stripe::most_of(money{amount, in(code)}), (money{most, in(code)})) << code << ' ' << amount;
    for (const auto* code : {"EUR", "JPY", "KWD", "MGA", "UGX"})
        for (std::int64_t amount = 0; amount < 2'000; ++amount)
        {
            const auto most = stripe::most_of(money{amount, in(code)});
            ASSERT_TRUE(stripe::to_stripe(most)) << code << ' ' << amount;
            for (auto more = most.minor() + 1; more <= amount; ++more)
                ASSERT_FALSE(stripe::to_stripe(money{more, in(code)})) << code << ' ' << more;
        }
}

TEST(stripe_amounts, currencies_are_written_small)
{
    EXPECT_EQ(stripe::code_of(in("EUR")), "eur");
    EXPECT_EQ(stripe::currency_of("eur"), in("EUR"));
    for (const auto* wrong : {"EUR", "eu", "", "xxx", "e\xC3\xBCr", "euro"})
        EXPECT_EQ(stripe::currency_of(wrong), std::nullopt) << wrong;
}

TEST(stripe_amounts, a_fee_is_in_the_currency_of_the_payment)
{
    const money paid{10'000, in("EUR")};
    EXPECT_EQ(stripe::fee_of(paid, 10'000, 320, "eur"), (money{320, in("EUR")}));
    EXPECT_EQ(stripe::fee_of(paid, 12'500, 400, "usd"), (money{320, in("EUR")}));
    EXPECT_EQ(stripe::fee_of(paid, -12'500, 400, "usd"), (money{320, in("EUR")})) << "taken back";
    EXPECT_EQ(stripe::fee_of(paid, 3, 1, "usd"), (money{3'333, in("EUR")}));
    EXPECT_EQ(stripe::fee_of(paid, 0, 400, "usd"), (money{0, in("EUR")}));
    EXPECT_EQ(stripe::fee_of(money{999'999'999'999, in("EUR")}, 999'999'999'999, 29'999'999'999, "usd"),
              (money{29'999'999'999, in("EUR")}));
}

/// Stripe, which always answers the same.
class said
{
    test::sentinel stripe_;
    clock clock_;
    outbound::client client_{1};
    std::unique_ptr<gateway> gateway_;

    static std::string http(std::string_view body)
    {
        return std::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", body.size(), body);
    }
    static stripe_settings settings(std::uint16_t port)
    {
        return {.secret_key = "sk_test_x",
                .webhook_secrets = {"whsec_x"},
                .api_base = std::format("http://127.0.0.1:{}", port)};
    }

public:
    explicit said(std::string_view body)
        : stripe_{"127.0.0.1", http(body)}, gateway_{make_stripe(client_, clock_, settings(stripe_.port()), {}, 5s)}
    {}

    gateway& operator*() { return *gateway_; }
    std::string asked() const { return stripe_.last_head().substr(0, stripe_.last_head().find(" HTTP/1.1")); }
    int times() const { return stripe_.accepts(); }
};

TEST(stripe_disputes, say_what_was_taken_back)
{
    constexpr std::string_view body =
        R"({{"id":"dp_1","status":"{}","reason":"fraudulent","currency":"eur","amount":10000,
        "payment_intent":"pi_1","balance_transactions":[{}]}})";
    constexpr std::string_view booked = R"({"amount":-12500,"fee":2000,"currency":"usd"})";
    const struct
    {
        std::string_view status, books;
        std::optional<dispute_status> is;
        std::int64_t amount, fee;
    } cases[] = {{"needs_response", booked, dispute_status::open, 10'000, 1'600},
                 {"under_review", booked, dispute_status::open, 10'000, 1'600},
                 {"lost", booked, dispute_status::lost, 10'000, 1'600},
                 {"won", booked, dispute_status::won, 10'000, 1'600},
                 {"warning_needs_response", "", dispute_status::open, 0, 0},
                 {"warning_closed", "", dispute_status::won, 0, 0},
                 {"something_new", booked, {}, 0, 0}};
    for (const auto& c : cases)
    {
        said s{std::vformat(body, std::make_format_args(c.status, c.books))};
        const auto seen = test::run_here((*s).query_dispute("dp_1"));
        ASSERT_EQ(seen.has_value(), c.is.has_value()) << c.status;
        EXPECT_EQ(s.asked(), "GET /v1/disputes/dp_1");
        if (!seen) continue;
        EXPECT_EQ(seen->status, c.is) << c.status;
        EXPECT_EQ(seen->charge, "pi_1");
        EXPECT_EQ(seen->amount, (money{c.amount, in("EUR")})) << c.status;
        EXPECT_EQ(seen->fee, (money{c.fee, in("EUR")})) << c.status;
    }
}

TEST(stripe_payouts, are_looked_for_before_they_are_sent_again)
{
    const payout_id id = payout_id::make();
    const auto transfer = [&](std::string_view metadata, int amount, bool reversed) {
        return std::format(R"({{"id":"tr_1","amount":{},"currency":"eur","reversed":{},"metadata":{{{}}}}})", amount,
                           reversed, metadata);
    };
    const auto ours = std::format(R"("roost_payout":"{}")", id.text());
    const auto list = [](std::string_view all) { return std::format(R"({{"has_more":false,"data":[{}]}})", all); };
    payout_request r{
        .id = id, .amount = {5'000, in("EUR")}, .destination = "acct_1", .reference = {}, .repeated = true};

    said sent{list(transfer(ours, 5'000, false))};
    EXPECT_EQ(test::run_here((*sent).pay_out(r)).status, payout_status::paid);
    EXPECT_EQ(sent.times(), 1) << "and not sent again";
    EXPECT_EQ(sent.asked(), std::format("GET /v1/transfers?transfer_group={}&limit=100", id.text()));

    said reversed{list(transfer(ours, 5'000, true))};
    EXPECT_EQ(test::run_here((*reversed).pay_out(r)).status, payout_status::failed);
    said another{list(transfer(ours, 4'000, false))};
    EXPECT_EQ(test::run_here((*another).pay_out(r)).status, std::nullopt) << "of another amount: for people";

    said of_others{list(transfer("", 5'000, false))};
    EXPECT_EQ(test::run_here((*of_others).pay_out(r)).status, std::nullopt)
        << "what was answered to the request is a list";
    EXPECT_EQ(of_others.asked(), "POST /v1/transfers");

    r.repeated = false;
    said fresh{transfer(ours, 5'000, false)};
    EXPECT_EQ(test::run_here((*fresh).pay_out(r)).reference, "tr_1");
    EXPECT_EQ(fresh.times(), 1);
    r.amount = {5'001, in("KWD")};
    EXPECT_EQ(test::run_here((*fresh).pay_out(r)).status, payout_status::failed)
        << "an amount that Stripe does not have";
    EXPECT_EQ(fresh.times(), 1);
}

TEST(stripe_payouts, go_to_accounts)
{
    said s{"{}"};
    for (const auto* good : {"acct_1", "acct_1MTfjCQ9PRzxEwkZ"}) EXPECT_TRUE((*s).is_destination(good)) << good;
    for (const auto* bad : {"", "acct_", "acct", "ba_1", "acct_1/../x", "acct_1&amount=2", "acct_\xC3\xA9"})
        EXPECT_FALSE((*s).is_destination(bad)) << bad;
}

TEST(stripe_charges, are_listed_a_page_at_a_time)
{
    const auto intent = [](std::string_view id, std::string_view metadata, std::string_view charge) {
        return std::format(
            R"({{"id":"{}","status":"succeeded","currency":"eur","amount_capturable":0,"amount_received":700,
            "client_secret":"s","latest_charge":{},"metadata":{{{}}}}})",
            id, charge, metadata);
    };
    constexpr std::string_view ours = R"("roost_payment":"x")";
    constexpr std::string_view refunded = R"({"amount_refunded":200,"balance_transaction":null})";
    said s{std::format(R"({{"has_more":true,"data":[{},{},{}]}})", intent("pi_3", ours, "null"),
                       intent("pi_2", ours, refunded), intent("pi_1", "", "null"))};
    const instant from{std::chrono::seconds{100}}, to{std::chrono::seconds{200}};
    const auto page = test::run_here((*s).charges(from, to, "pi_4")).value();
    EXPECT_EQ(s.asked(),
              "GET /v1/payment_intents?created[gte]=100&created[lt]=200&limit=100&"
              "expand[]=data.latest_charge.balance_transaction&starting_after=pi_4");
    ASSERT_EQ(page.charges.size(), 2U) << "the third is not ours";
    EXPECT_EQ(page.charges[0].refunded, (money{0, in("EUR")}));
    EXPECT_EQ(page.charges[1].captured, (money{700, in("EUR")}));
    EXPECT_EQ(page.charges[1].refunded, (money{200, in("EUR")}));
    EXPECT_EQ(page.next, "pi_1");
    said nonsense{"{}"};
    EXPECT_EQ(test::run_here((*nonsense).charges(from, to, "")).has_value(), false) << "no page is not an empty page";
}

}  // namespace
}  // namespace roost::payments
