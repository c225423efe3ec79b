#include "payments/mpesa/transfers.hpp"

#include <format>
#include <optional>
#include <utility>

#include "payments/mpesa/credential.hpp"
#include "payments/mpesa/queries.hpp"
#include "platform/observe/log.hpp"

namespace roost::payments::mpesa {
namespace {

using namespace std::chrono_literals;
namespace sql = roost::mpesa::sql;

/// When M-Pesa is asked about a transfer of which it has told nothing: results take seconds as a rule.
constexpr std::chrono::minutes result_due{1};

/// M-Pesa's codes for who a short code is: one that asks, and one that money is taken back from.
constexpr std::string_view short_code_kind = "4", reversal_receiver_kind = "11";

enum class way : std::uint8_t
{
    reversal,
    b2c,
};
constexpr auto names_of(way) { return std::to_array<std::string_view>({"reversal", "b2c"}); }

struct transfer_row
{
    mpesa::way way;
    money amount;
    std::optional<instant> sent_at;
    std::optional<std::string> conversation, result, status, receipt;
    std::optional<standing> answer;

    static constexpr auto fields =
        schema::fields(field<&transfer_row::way>("way"), field<&transfer_row::amount>("amount"),
                       field<&transfer_row::sent_at>("sent_at"), field<&transfer_row::conversation>("conversation"),
                       field<&transfer_row::result>("result"), field<&transfer_row::status>("status"),
                       field<&transfer_row::receipt>("receipt"), field<&transfer_row::answer>("answer"));
};

verdict open(std::string why) { return {standing::open, {}, std::move(why)}; }
verdict failed(std::string why) { return {standing::failed, {}, std::move(why)}; }

}  // namespace

callbacks::callbacks(const mpesa_settings& how) : base_{how.callback_base}, secret_{how.callback_secret}
{
    while (base_.ends_with('/')) base_.pop_back();
    base_ += "/api/v1/webhooks/mpesa/";
}

transfers::transfers(pg::database& db, const clock& now, api& a, const callbacks& c, const mpesa_settings& how)
    : db_{db},
      clock_{now},
      api_{a},
      callbacks_{c},
      short_code_{how.short_code},
      initiator_{how.initiator_name},
      credential_{credential(how.initiator_password, how.certificate_file).value()}
{}

task<reply<accepted>> transfers::request(const transfer& t)
{
    const auto result = callbacks_.at({t.about, t.id, message::result});
    const auto timeout = callbacks_.at({t.about, t.id, message::timeout});
    const std::string remarks = t.about == event_subject::payout ? "Payout" : "Refund";
    const auto amount = shillings(t.amount).value();
    if (t.receipt.empty())
    {
        const new_transfer asked{.id = t.id.text(),
                                 .initiator = initiator_,
                                 .credential = credential_,
                                 .command = "BusinessPayment",
                                 .amount = amount,
                                 .from = short_code_,
                                 .to = msisdn(t.to).value(),
                                 .remarks = remarks,
                                 .timeout = timeout,
                                 .result = result};
        co_return co_await api_.post<accepted>("/mpesa/b2c/v3/paymentrequest", asked);
    }
    const new_reversal asked{.initiator = initiator_,
                             .credential = credential_,
                             .command = "TransactionReversal",
                             .receipt = t.receipt,
                             .amount = amount,
                             .receiver = short_code_,
                             .receiver_kind = std::string{reversal_receiver_kind},
                             .remarks = remarks,
                             .timeout = timeout,
                             .result = result};
    co_return co_await api_.post<accepted>("/mpesa/reversal/v1/request", asked);
}

/// `again`: M-Pesa had none of it, so that it is asked about once more if this does not go out.
task<verdict> transfers::send(transfer t, bool again)
{
    const auto got = co_await request(t);
    if (got)
    {
        if (got->code != "0") co_return open("a reply that cannot be meant");
        if (const auto name = got->conversation.value_or(""); is_word(name))
            co_await db_.run(sql::name_transfer, t.id, name);
        co_return open("under way");
    }
    if (got.error().what == trouble::refused) co_return failed(got.error().code);
    if (got.error().what == trouble::not_sent && !again) co_await db_.run(sql::transfer_stayed, t.id);
    co_return open(got.error().code);
}

/// M-Pesa tells the answer some time later, as it does results.
task<> transfers::ask_for(const transfer& t, std::string conversation)
{
    const auto answer = callbacks_.at({t.about, t.id, message::status});
    const transfer_question asked{.initiator = initiator_,
                                  .credential = credential_,
                                  .command = "TransactionStatusQuery",
                                  .id = std::move(conversation),
                                  .party = short_code_,
                                  .party_kind = std::string{short_code_kind},
                                  .remarks = "Status",
                                  .timeout = callbacks_.at({t.about, t.id, message::timeout}),
                                  .result = answer};
    co_await api_.post<accepted>("/mpesa/transactionstatus/v1/query", asked);
}

/// What may have gone out is asked about. A payment is sent again only after M-Pesa has said that it has none of this
/// id, and under the same id, which it accepts once; a reversal never, as it has no id of ours.
task<verdict> transfers::give(transfer t)
{
    if (!msisdn(t.to)) co_return failed("no_phone");
    if (!shillings(t.amount)) co_return failed("amount_not_supported");
    const auto now = clock_.now();
    const auto by = t.receipt.empty() ? way::b2c : way::reversal;
    const auto name = by == way::b2c ? std::optional{t.id.text()} : std::nullopt;
    if (co_await db_.one<bool>(sql::take_transfer, t.id, by, t.amount.unit(), t.amount.minor(), name, now))
        co_return co_await send(std::move(t), false);

    const auto row = (co_await db_.one<transfer_row>(sql::find_transfer, t.id)).value();
    const auto result = row.result.value_or("");
    const auto answer = row.answer.value_or(standing::open);
    if (answer == standing::done) co_return verdict{standing::done, row.receipt.value_or(""), {}};
    if (moves_nothing(result) && answer != standing::open) co_return failed("result." + result);
    if (answer == standing::failed) co_return failed("status." + row.status.value_or(""));
    if (answer == standing::absent && row.way == way::reversal) co_return open("M-Pesa has no such reversal");
    if (answer == standing::absent && co_await db_.one<bool>(sql::take_absent_transfer, t.id, now))
    {
        t.receipt.clear();
        co_return co_await send(std::move(t), true);
    }
    if (!row.conversation) co_return open("M-Pesa has not told what became of the reversal");
    if (row.result || !row.sent_at || now - *row.sent_at >= result_due) co_await ask_for(t, *row.conversation);
    co_return open("M-Pesa has not told what became of it");
}

task<result<provider_event>> transfers::hear(const address& at, std::string_view body)
{
    provider_event e{.id = {}, .kind = {}, .about = at.about, .reference = at.id.text()};
    if (at.message == message::timeout)
    {
        e.kind = "timeout";
        co_return e;
    }
    if (at.message == message::result)
    {
        const auto told = read_result(body);
        if (!told) co_return std::unexpected{told.error()};
        co_await db_.run(sql::keep_result, at.id, told->code, told->conversation);
        e.kind = "result." + told->code;
        co_return e;
    }
    auto told = read_status(body);
    if (!told) co_return std::unexpected{std::move(told.error())};
    e.kind = "status." + told->status;
    const auto row = co_await db_.one<transfer_row>(sql::find_transfer, at.id);
    if (row && told->standing == standing::done && told->amount != row->amount)
    {
        log::error("M-Pesa calls a transfer done and tells another amount", {{"transfer", at.id.text()}});
        co_return e;
    }
    if (told->standing != standing::open)
        co_await db_.run(sql::keep_answer, at.id, told->standing, told->status, told->receipt);
    co_return e;
}

}  // namespace roost::payments::mpesa
