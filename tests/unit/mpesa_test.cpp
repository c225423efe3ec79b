#include <gtest/gtest.h>

#include <format>
#include <utility>

#include "payments/mpesa/rules.hpp"
#include "payments/mpesa/told.hpp"

using namespace roost;
using namespace roost::payments;
using namespace roost::payments::mpesa;

namespace {

const currency kes = *currency::parse("KES");
const uuid one = *uuid::parse("0198a000-0000-7000-8000-000000000001");

told_status status_of(std::string_view result)
{
    return read_status(std::format(R"({{"Result":{}}})", result)).value();
}

}  // namespace

TEST(mpesa, takes_whole_shillings)
{
    EXPECT_EQ(shillings({100, kes}), 1);
    EXPECT_EQ(shillings({25'000'000, kes}), 250'000);
    for (const auto minor : {0, -100, 150, 99, 25'000'100}) EXPECT_FALSE(shillings({minor, kes})) << minor;
    EXPECT_FALSE(shillings({100, *currency::parse("UGX")}));
}

TEST(mpesa, sends_what_one_transaction_may_be)
{
    EXPECT_EQ(most_of({1'050, kes}), (money{1'000, kes}));
    EXPECT_EQ(most_of({999, kes}), (money{0, kes}));
    EXPECT_EQ(most_of({25'000'150, kes}), (money{25'000'000, kes}));
}

TEST(mpesa, writes_amounts_in_many_ways)
{
    for (const auto* text : {"12", "12.0", "12.00"}) EXPECT_EQ(amount_in(text), (money{1'200, kes})) << text;
    EXPECT_EQ(amount_in("0.5"), (money{50, kes}));
    for (const auto* text : {"", ".", "1.", ".5", "1.234", "-1", "1e3", "12345678901", "1,0"})
        EXPECT_FALSE(amount_in(text)) << text;
}

TEST(mpesa, asks_mobile_numbers_of_kenya)
{
    EXPECT_EQ(msisdn("+254712345678"), "254712345678");
    EXPECT_EQ(msisdn("+254112345678"), "254112345678");
    for (const auto* text : {"", "254712345678", "+25471234567", "+2547123456789", "+254212345678", "+25471234567x"})
        EXPECT_FALSE(msisdn(text)) << text;
}

TEST(mpesa, tells_the_time_in_nairobi)
{
    EXPECT_EQ(timestamp(*parse_instant("2026-12-24T21:30:05.9Z")), "20261225003005");
}

TEST(mpesa, an_address_is_known_by_its_secret)
{
    const address a{event_subject::refund, one, message::status};
    const auto path = a.path("secret");
    const auto read = address::parse(path, "secret");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->about, event_subject::refund);
    EXPECT_EQ(read->id, one);
    EXPECT_EQ(read->message, message::status);
    EXPECT_FALSE(address::parse(path, "another"));
    auto changed = path;
    for (auto& c : changed)
    {
        const auto was = std::exchange(c, c == '0' ? '1' : '0');
        EXPECT_FALSE(address::parse(changed, "secret")) << changed;
        c = was;
    }
    for (const auto* text : {"", ".", "..", "...", "payment", "payment.", "x.y.z", "w.x.y.z"})
        EXPECT_FALSE(address::parse(text, "secret")) << text;
}

TEST(mpesa, reads_what_is_told_of_a_payment)
{
    const auto paid = read_payment(
        R"({"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":0,"CallbackMetadata":{"Item":[
           {"Name":"Amount","Value":1.00},{"Name":"Balance"},{"Name":"MpesaReceiptNumber","Value":"NLJ7RT61SV"},
           {"Name":"TransactionDate","Value":20191219102115}]}}}})",
        payment_id{one});
    ASSERT_TRUE(paid);
    EXPECT_EQ(paid->event.kind, "stk.0");
    EXPECT_EQ(paid->event.payment, payment_id{one});
    EXPECT_EQ(paid->event.reference, "ws_CO_1");
    EXPECT_EQ(paid->event.receipt, "NLJ7RT61SV");
    EXPECT_EQ(paid->amount, (money{100, kes}));
    const auto failed = read_payment(R"({"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":"1032"}}})",
                                     payment_id{one});
    EXPECT_EQ(failed->event.kind, "stk.1032");
    EXPECT_FALSE(failed->event.receipt || failed->amount);
}

TEST(mpesa, reads_results_of_transfers)
{
    const auto told = read_result(R"({"Result":{"ResultCode":2001,"OriginatorConversationID":"16740-1-1"}})");
    ASSERT_TRUE(told);
    EXPECT_EQ(told->code, "2001");
    EXPECT_EQ(told->conversation, "16740-1-1");
    EXPECT_TRUE(moves_nothing("2001"));
    for (const auto* code : {"", "0", "15", "17", "26", "4711"}) EXPECT_FALSE(moves_nothing(code)) << code;
    for (const auto* text : {"", "{}", R"({"Result":{}})", R"({"Result":{"ResultCode":0}})",
                             R"({"Result":{"ResultCode":0,"OriginatorConversationID":"a b"}})"})
        EXPECT_FALSE(read_result(text)) << text;
}

TEST(mpesa, reads_how_a_transfer_stands)
{
    const auto of = [](std::string_view status) {
        return status_of(std::format(
            R"({{"ResultCode":0,"OriginatorConversationID":"1-1","ResultParameters":{{"ResultParameter":[
                {{"Key":"TransactionReason"}},{{"Key":"Amount","Value":300}},{{"Key":"ReceiptNo","Value":"MB1"}},
                {{"Key":"TransactionStatus","Value":"{}"}}]}}}})",
            status));
    };
    EXPECT_EQ(of("Completed").standing, mpesa::standing::done);
    EXPECT_EQ(of("Completed").receipt, "MB1");
    EXPECT_EQ(of("Completed").amount, (money{30'000, kes}));
    EXPECT_EQ(of("Declined").standing, mpesa::standing::failed);
    EXPECT_EQ(of("Initiated").standing, mpesa::standing::open);
    const auto coded = [](int code) {
        return status_of(std::format(R"({{"ResultCode":{},"OriginatorConversationID":"1-1"}})", code)).standing;
    };
    EXPECT_EQ(coded(2032), mpesa::standing::absent);
    for (const auto code : {15, 17, 25, 26, 2001, 2028, 8006, 100'000'001})
        EXPECT_EQ(coded(code), mpesa::standing::open) << code;
}
