#include <gtest/gtest.h>

#include "payments/paypal/amounts.hpp"
#include "payments/paypal/orders.hpp"
#include "payments/paypal/signature.hpp"
#include "platform/schema/json.hpp"

namespace roost::payments::paypal {
namespace {

money of(std::int64_t minor, std::string_view code) { return {minor, currency::parse(code).value()}; }

TEST(PayPalAmounts, are_decimal_strings_in_paypals_own_exponents)
{
    const std::tuple<money, std::optional<std::string>> cases[] = {
        {of(1'250, "EUR"), "12.50"},   {of(5, "USD"), "0.05"},       {of(0, "EUR"), "0.00"},
        {of(1'250, "JPY"), "1250"},    {of(125'000, "HUF"), "1250"}, {of(125'050, "HUF"), std::nullopt},
        {of(99, "TWD"), std::nullopt}, {of(700, "TWD"), "7"},        {of(-1, "EUR"), std::nullopt},
    };
    for (const auto& [amount, text] : cases)
    {
        EXPECT_EQ(written(amount), text) << amount.minor() << amount.unit().code();
        if (text)
        {
            EXPECT_EQ(read_amount(*text, amount.unit().code()), amount);
        }
    }
}

TEST(PayPalAmounts, are_cut_to_what_paypal_can_move)
{
    const std::tuple<money, std::int64_t> cases[] = {
        {of(1'251, "EUR"), 1'251}, {of(1'251, "JPY"), 1'251},     {of(125'099, "HUF"), 125'000},
        {of(99, "TWD"), 0},        {of(125'000, "HUF"), 125'000}, {of(1'000, "KES"), 0},
    };
    for (const auto& [amount, most] : cases)
        EXPECT_EQ(most_of(amount).minor(), most) << amount.minor() << amount.unit().code();
    for (const auto* code : {"EUR", "JPY", "HUF"})
        for (std::int64_t amount = 0; amount < 1'000; ++amount)
        {
            const auto most = most_of(of(amount, code));
            ASSERT_TRUE(written(most)) << amount << code;
            for (auto more = most.minor() + 1; more <= amount; ++more)
                ASSERT_FALSE(written(of(more, code))) << more << code;
        }
}

TEST(PayPalAmounts, that_are_none_are_not_read)
{
    EXPECT_EQ(read_amount("12.5", "EUR"), of(1'250, "EUR"));
    EXPECT_EQ(read_amount("12", "EUR"), of(1'200, "EUR"));
    for (const auto* text :
         {"", ".", "1.", ".5", "-1.00", "+1.00", "1,00", "1.000", " 1.00", "1e2", "0x1", "12345678901234.00"})
        EXPECT_FALSE(read_amount(text, "EUR")) << text;
    EXPECT_FALSE(read_amount("1.00", "JPY"));
    EXPECT_FALSE(read_amount("1.00", "XXX"));
}

TEST(PayPalAmounts, of_currencies_that_paypal_does_not_move)
{
    EXPECT_TRUE(moves(currency::parse("HUF").value()));
    EXPECT_FALSE(moves(currency::parse("KES").value()));
}

TEST(PayPalEvents, are_signed_over_the_checksum_of_their_bytes)
{
    EXPECT_EQ(signed_text("id", "2026-01-01T00:00:00Z", "WH", "123456789"), "id|2026-01-01T00:00:00Z|WH|3421780262");
}

const charge paid{.id = payment_id::parse("0193e0a0-0000-7000-8000-000000000001").value(),
                  .booking = {},
                  .amount = of(1'250, "EUR"),
                  .method = payment_method::paypal,
                  .capture = capture_mode::automatic,
                  .reference = "O-1",
                  .receipt = {},
                  .payer_email = {},
                  .payer_phone = {}};

/// What stands for an order of which `unit` and `status` are known.
outcome outcome_with(std::string_view status, std::string_view payments, std::string_view custom_id = "")
{
    const auto id = custom_id.empty() ? paid.id.text() : std::string{custom_id};
    const auto text = std::format(
        R"({{"id":"O-1","status":"{}","new_member":1,"purchase_units":[{{"custom_id":"{}","payments":{}}}],)"
        R"("links":[{{"href":"https://paypal.example/","rel":"payer-action","method":"GET"}}]}})",
        status, id, payments);
    const auto read = schema::from_json<order>(text, schema::others::ignored);
    EXPECT_TRUE(read) << text;
    return outcome_of(*read, paid);
}

std::string captured(std::string_view status)
{
    return std::format(
        R"({{"captures":[{{"id":"C","status":"{}","amount":{{"currency_code":"EUR","value":"12.50"}},)"
        R"("seller_receivable_breakdown":{{"paypal_fee":{{"currency_code":"EUR","value":"0.83"}}}}}}],)"
        R"("refunds":[{{"id":"R","status":"COMPLETED","amount":{{"currency_code":"EUR","value":"0.50"}}}},)"
        R"({{"id":"S","status":"PENDING","amount":{{"currency_code":"EUR","value":"0.25"}}}}]}})",
        status);
}

std::string held(std::string_view status)
{
    return std::format(
        R"({{"authorizations":[{{"id":"A","status":"{}","amount":{{"currency_code":"EUR","value":"12.50"}}}}]}})",
        status);
}

template <class Outcome>
bool is(const outcome& o)
{
    return std::holds_alternative<Outcome>(o);
}

TEST(PayPalOrders, mean_what_has_moved_first_and_then_what_they_say)
{
    EXPECT_EQ(std::get<action_required>(outcome_with("CREATED", "null")).action.redirect_url,
              "https://paypal.example/");
    EXPECT_TRUE(is<action_required>(outcome_with("PAYER_ACTION_REQUIRED", "null")));
    EXPECT_TRUE(is<still_pending>(outcome_with("APPROVED", "null")));
    EXPECT_TRUE(is<charge_cancelled>(outcome_with("VOIDED", "null")));
    EXPECT_TRUE(is<not_known>(outcome_with("COMPLETED", "null")));
    EXPECT_TRUE(is<not_known>(outcome_with("SOMETHING_NEW", "null")));

    for (const auto* status : {"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
    {
        const auto taken = std::get<money_taken>(outcome_with("COMPLETED", captured(status)));
        EXPECT_EQ(taken.amount, of(1'250, "EUR"));
        EXPECT_EQ(taken.fee, of(83, "EUR"));
        EXPECT_EQ(taken.refunded, of(50, "EUR")) << "what went back, not what is on its way";
    }
    EXPECT_TRUE(is<still_pending>(outcome_with("COMPLETED", captured("PENDING"))));
    EXPECT_TRUE(is<charge_failed>(outcome_with("COMPLETED", captured("DECLINED"))));
    EXPECT_TRUE(is<not_known>(outcome_with("COMPLETED", captured("SOMETHING_NEW"))));

    EXPECT_EQ(std::get<money_held>(outcome_with("COMPLETED", held("CREATED"))).amount, of(1'250, "EUR"));
    EXPECT_TRUE(is<still_pending>(outcome_with("COMPLETED", held("PENDING"))));
    EXPECT_TRUE(is<charge_cancelled>(outcome_with("COMPLETED", held("VOIDED"))));
    EXPECT_TRUE(is<charge_failed>(outcome_with("COMPLETED", held("DENIED"))));
    EXPECT_TRUE(is<not_known>(outcome_with("COMPLETED", held("PARTIALLY_CAPTURED"))));
}

TEST(PayPalOrders, of_something_else_are_not_believed)
{
    EXPECT_TRUE(
        is<not_known>(outcome_with("COMPLETED", captured("COMPLETED"), "0193e0a0-0000-7000-8000-000000000002")));
}

TEST(PayPalRefusals, are_a_no_only_when_they_are_named)
{
    const std::vector<link> of_order{{"https://paypal.example/", "payer-action"}};
    const std::vector<link> elsewhere{{"http://paypal.example/", "payer-action"}};
    const auto after = [&](trouble what, std::string_view code, const std::vector<link>& links) {
        return outcome_of(failure{what, std::string{code}}, links);
    };
    EXPECT_EQ(std::get<charge_failed>(after(trouble::refused, "PAYER_CANNOT_PAY", of_order)).reason,
              "payer_cannot_pay");
    EXPECT_TRUE(is<action_required>(after(trouble::refused, "INSTRUMENT_DECLINED", of_order)));
    EXPECT_TRUE(is<not_known>(after(trouble::refused, "INSTRUMENT_DECLINED", elsewhere)));
    EXPECT_TRUE(is<not_known>(after(trouble::refused, "DUPLICATE_INVOICE_ID", of_order)));
    EXPECT_TRUE(is<not_known>(after(trouble::unclear, "PAYER_CANNOT_PAY", of_order)));
    EXPECT_TRUE(is<not_known>(after(trouble::absent, "INVALID_RESOURCE_ID", of_order)));
}

}  // namespace
}  // namespace roost::payments::paypal
