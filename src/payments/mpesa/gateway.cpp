#include "payments/mpesa/gateway.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <format>

#include "payments/mpesa/api.hpp"
#include "payments/mpesa/credential.hpp"
#include "payments/mpesa/queries.hpp"
#include "payments/mpesa/rules.hpp"
#include "payments/mpesa/told.hpp"
#include "payments/mpesa/transfers.hpp"
#include "platform/auth/crypto.hpp"
#include "platform/http/networks.hpp"
#include "platform/observe/log.hpp"

namespace roost::payments::mpesa {
namespace {

using namespace std::chrono_literals;
namespace sql = roost::mpesa::sql;

/// A prompt on a phone is over within two or three minutes. When nothing was heard for so long there was none.
constexpr std::chrono::minutes no_answer_after{5};
constexpr std::string_view check_phone = "Check your phone: M-Pesa asks for your PIN.";

/// Results of a prompt, as reasons (M-Pesa Express, "Result codes"). Those that are not here say nothing.
struct reason
{
    std::string_view code, word;
};
constexpr auto reasons = std::to_array<reason>({{"1", "insufficient_funds"},
                                                {"2", "limit"},
                                                {"3", "limit"},
                                                {"4", "limit"},
                                                {"8", "limit"},
                                                {"17", "too_soon"},
                                                {"26", "busy"},
                                                {"1001", "busy"},
                                                {"1019", "expired"},
                                                {"1025", "not_delivered"},
                                                {"1032", "declined"},
                                                {"1037", "unreachable"},
                                                {"2001", "wrong_pin"},
                                                {"2028", "not_permitted"},
                                                {"8006", "locked"},
                                                {"9999", "not_delivered"},
                                                {"SFC_IC0003", "not_permitted"}});
constexpr std::string_view paid = "0", still_processing = "4999";

outcome waiting_for_pin() { return action_required{{action_kind::instruction, {}, {}, std::string{check_phone}}}; }

/// Twelve characters that may be on the payer's statement: the last of the booking's id, which are random.
std::string account_of(const charge& c)
{
    auto id = c.booking.text();
    std::ranges::transform(id, id.begin(), [](unsigned char ch) { return std::toupper(ch); });
    return id.substr(id.size() - 12);
}

struct begun
{
    money amount;
    instant created_at;

    static constexpr auto fields =
        schema::fields(field<&begun::amount>("amount"), field<&begun::created_at>("created_at"));
};

struct doubt
{
    bool other_amount, other_payment;

    static constexpr auto fields =
        schema::fields(field<&doubt::other_amount>("other_amount"), field<&doubt::other_payment>("other_payment"));
};

class mpesa_gateway : public gateway
{
    pg::database& db_;
    const clock& clock_;
    api api_;
    callbacks callbacks_;
    transfers transfers_;
    http::networks networks_;
    std::string short_code_, passkey_;

    std::string password(std::string_view timestamp) const
    {
        return auth::padded_base64(std::format("{}{}{}", short_code_, passkey_, timestamp));
    }

    task<answer> push(charge c)
    {
        const auto amount = shillings(c.amount);
        const auto phone = msisdn(c.payer_phone.value_or(""));
        if (!amount || !phone) co_return answer{{}, charge_failed{amount ? "no_phone" : "amount_not_supported"}};
        const auto time = timestamp(clock_.now());
        const new_push asked{.short_code = short_code_,
                             .password = password(time),
                             .timestamp = time,
                             .kind = "CustomerPayBillOnline",
                             .amount = *amount,
                             .from = *phone,
                             .to = short_code_,
                             .phone = *phone,
                             .callback = callbacks_.at({event_subject::payment, c.id.value, message::result}),
                             .account = account_of(c),
                             .description = "Booking"};
        const auto got = co_await api_.post<accepted>("/mpesa/stkpush/v1/processrequest", asked);
        if (got && got->code == "0" && is_word(got->checkout.value_or("")))
            co_return answer{*got->checkout, waiting_for_pin()};
        if (got) co_return answer{{}, not_known{"a reply that cannot be meant"}};
        // Nothing asks for a PIN then, and the guest may begin again at once.
        if (got.error().what == trouble::not_sent) co_return answer{{}, charge_failed{"not_reached"}};
        if (got.error().what == trouble::refused) co_return answer{{}, charge_failed{got.error().code}};
        co_return answer{{}, not_known{got.error().code}};
    }

    /// What is called paid is believed unless M-Pesa has told something that does not agree.
    task<outcome> take(const charge& c)
    {
        const auto d = co_await db_.one<doubt>(sql::doubts, c.id, c.receipt, c.reference);
        if (!d->other_amount && !d->other_payment) co_return money_taken{c.amount, money{0, c.amount.unit()}};
        const std::string_view why = d->other_amount ? "another amount" : "another payment's money";
        log::error("M-Pesa calls a payment paid and tells something else of it",
                   {{"payment", c.id.text()}, {"what", why}});
        co_return not_known{std::string{why}};
    }

    task<result<provider_event>> hear_of_payment(const address& at, std::string_view body)
    {
        const payment_id of{at.id};
        auto told = read_payment(body, of);
        if (!told) co_return std::unexpected{std::move(told.error())};
        const auto p = co_await db_.one<begun>(sql::begun_payment, of);
        if (told->amount && (!p || p->amount != *told->amount)) told->event.kind = "stk.other_amount";
        co_return std::move(told->event);
    }

    /// The payment's receipt, with which all of it can be taken back. Nothing when there is doubt about it.
    task<std::string> sure_receipt(const refund_request& r)
    {
        const auto receipt = r.of.receipt.value_or("");
        if (receipt.empty() || r.amount != r.of.amount) co_return std::string{};
        const auto sure = co_await db_.one<bool>(sql::receipt_is_sure, r.of.id, receipt);
        co_return *sure ? receipt : std::string{};
    }

public:
    mpesa_gateway(pg::database& db, const clock& now, outbound::client& c, const mpesa_settings& how,
                  std::string ca_file, std::chrono::milliseconds timeout)
        : db_{db},
          clock_{now},
          api_{c, how, std::move(ca_file), timeout},
          callbacks_{how},
          transfers_{db, now, api_, callbacks_, how},
          networks_{how.networks, "ROOST_MPESA_NETWORKS"},
          short_code_{how.short_code},
          passkey_{how.passkey}
    {}

    bool takes(payment_method m, currency c) const override
    {
        return m == payment_method::mobile_money && is_shilling(c);
    }
    bool can_hold() const override { return false; }
    money payable(money m) const override { return most_of(m); }
    result<void> check(const charge& c) const override
    {
        if (!shillings(c.amount))
            return invalid("/provider", "M-Pesa takes whole shillings, from 1 to 250,000 at a time");
        if (!msisdn(c.payer_phone.value_or("")))
            return invalid("/phone", "M-Pesa needs a Kenyan mobile number: +2547… or +2541…");
        return {};
    }

    /// A prompt has no key: it is sent once. What became of it when the answer was lost is told at the payment's own
    /// address, or there was none.
    task<answer> begin(charge c) override
    {
        if (!c.reference.empty()) co_return co_await query(std::move(c));
        if (!c.repeated) co_return co_await push(std::move(c));
        const auto p = co_await db_.one<begun>(sql::begun_payment, c.id);
        if (clock_.now() - p->created_at < no_answer_after) co_return answer{{}, still_pending{}};
        co_return answer{{}, charge_failed{"no_answer"}};
    }

    task<answer> query(charge c) override
    {
        const auto time = timestamp(clock_.now());
        const push_question asked{short_code_, password(time), time, c.reference};
        const auto got = co_await api_.post<push_answer>("/mpesa/stkpushquery/v1/query", asked);
        if (!got && got.error().what == trouble::under_way) co_return answer{c.reference, waiting_for_pin()};
        if (!got) co_return answer{{}, not_known{got.error().code}};
        if (got->checkout != c.reference) co_return answer{{}, not_known{"a reply about something else"}};
        if (got->code == still_processing) co_return answer{c.reference, waiting_for_pin()};
        if (got->code == paid)
        {
            auto taken = co_await take(c);
            co_return answer{c.reference, std::move(taken)};
        }
        if (const auto* why = std::ranges::find(reasons, std::string_view{got->code}, &reason::code);
            why != reasons.end())
            co_return answer{c.reference, charge_failed{std::string{why->word}}};
        co_return answer{{}, not_known{"a result that is not known: " + (is_word(got->code) ? got->code : "")}};
    }

    task<answer> capture(charge c) override { co_return co_await query(std::move(c)); }

    /// A prompt cannot be called back; it is over soon.
    task<answer> cancel(charge c) override
    {
        auto said = co_await query(std::move(c));
        if (std::holds_alternative<charge_failed>(said.outcome)) said.outcome = charge_cancelled{};
        co_return said;
    }

    /// All of it by reversal, which needs the receipt; else, and a part, as a payment to the payer's phone.
    task<refund_answer> refund(refund_request r) override
    {
        auto receipt = co_await sure_receipt(r);
        transfer t{event_subject::refund, r.id.value, r.amount, r.of.payer_phone.value_or(""), std::move(receipt)};
        auto v = co_await transfers_.give(std::move(t));
        refund_answer said{{}, std::move(v.reference), std::move(v.reason)};
        if (v.standing == standing::done) said.status = refund_status::succeeded;
        if (v.standing == standing::failed) said.status = refund_status::failed;
        co_return said;
    }

    bool pays_out() const override { return true; }
    bool is_destination(std::string_view phone) const override { return msisdn(phone).has_value(); }
    task<payout_answer> pay_out(payout_request p) override
    {
        transfer t{event_subject::payout, p.id.value, p.amount, std::move(p.destination), {}};
        auto v = co_await transfers_.give(std::move(t));
        payout_answer said{{}, std::move(v.reference), std::move(v.reason)};
        if (v.standing == standing::done) said.status = payout_status::paid;
        if (v.standing == standing::failed) said.status = payout_status::failed;
        co_return said;
    }

    bool has_own_addresses() const override { return true; }
    std::string_view thanks() const override { return R"({"ResultCode":0,"ResultDesc":"Accepted"})"; }
    task<result<provider_event>> read_event(event_request e) override
    {
        const auto at = callbacks_.find(e.path);
        if (!at || (!networks_.empty() && !networks_.contain(e.peer)))
            co_return fail(errc::invalid_credentials, "this is not where M-Pesa tells anything");
        auto told = at->about == event_subject::payment ? co_await hear_of_payment(*at, e.body)
                                                        : co_await transfers_.hear(*at, e.body);
        // Messages have no ids: the same bytes about the same thing are the same.
        if (told)
            told->id = std::format("{} {} {}", name_of(at->message), at->id.text(),
                                   auth::hex(auth::as_bytes(auth::sha256(e.body))));
        co_return told;
    }
};

}  // namespace
}  // namespace roost::payments::mpesa

namespace roost::payments {

std::unique_ptr<gateway> make_mpesa(pg::database& db, const clock& now, outbound::client& c, const mpesa_settings& how,
                                    std::string ca_file, std::chrono::milliseconds timeout)
{
    return std::make_unique<mpesa::mpesa_gateway>(db, now, c, how, std::move(ca_file), timeout);
}

}  // namespace roost::payments
