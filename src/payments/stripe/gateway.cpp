#include "payments/stripe/gateway.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "payments/signature.hpp"
#include "payments/stripe/amounts.hpp"
#include "payments/stripe/api.hpp"
#include "platform/observe/log.hpp"

namespace roost::payments::stripe {
namespace {

constexpr std::string_view intents = "/v1/payment_intents", signature_header = "Stripe-Signature";
/// What says which fee Stripe keeps.
constexpr std::string_view books_of_charge = "latest_charge.balance_transaction";
constexpr std::string_view page_size = "100";

/// PayPal by way of Stripe: docs.stripe.com/payments/paypal.
constexpr auto paypal_currencies = std::to_array<std::string_view>(
    {"AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "NOK", "NZD", "PLN", "SEK", "SGD", "USD"});

money_taken taken_of(const payment_intent& i, money amount)
{
    if (const auto& charge = i.latest_charge; charge && charge->booked)
    {
        const auto& [booked, fee, in] = *charge->booked;
        return {amount, fee_of(amount, booked, fee, in)};
    }
    log::warn("Stripe has not said what it keeps of a payment", {{"reference", i.id}});
    return {amount, money{0, amount.unit()}};
}

outcome outcome_of(const payment_intent& i)
{
    const auto& status = i.status;
    // As long as an intent can be confirmed it is open, also after an attempt that was declined: whoever has its secret
    // may try again, with another card.
    if (status == "requires_payment_method" || status == "requires_confirmation" || status == "requires_action")
    {
        if (!i.client_secret) return not_known{"an intent without its secret"};
        return action_required{{action_kind::client_secret, {}, i.client_secret, {}}};
    }
    if (status == "processing") return still_pending{};
    if (status == "canceled") return charge_cancelled{};
    const bool held = status == "requires_capture";
    if (!held && status != "succeeded") return not_known{"a status that is not known"};
    const auto unit = currency_of(i.currency);
    const auto amount = unit ? from_stripe(held ? i.amount_capturable : i.amount_received, *unit) : std::nullopt;
    if (!amount) return not_known{"an amount that cannot be"};
    if (held) return money_held{*amount};
    return taken_of(i, *amount);
}

answer answer_of(const reply<payment_intent>& got)
{
    if (got) return {got->id, outcome_of(*got)};
    return {{}, not_known{got.error().code}};
}

bool is_amount(std::int64_t amount, const std::string& unit, money ours)
{
    const auto c = currency_of(unit);
    return c && from_stripe(amount, *c) == ours;
}

refund_answer answer_of(const stripe::refund& r, money asked)
{
    const auto status = r.status.value_or("");
    if (!is_amount(r.amount, r.currency, asked)) return {{}, {}, "a refund of another amount"};
    if (status == "succeeded") return {refund_status::succeeded, r.id, {}};
    if (status == "failed" || status == "canceled")
        return {refund_status::failed, r.id, r.failure_reason.value_or(status)};
    return {refund_status::pending, r.id, status};
}

payout_answer answer_of(const transfer& t, money asked)
{
    if (!is_amount(t.amount, t.currency, asked)) return {{}, {}, "a transfer of another amount"};
    if (t.reversed) return {payout_status::failed, t.id, "reversed"};
    return {payout_status::paid, t.id, {}};
}

std::optional<dispute_status> status_of(const dispute& d)
{
    constexpr auto open =
        std::to_array<std::string_view>({"warning_needs_response", "warning_under_review", "needs_response",
                                         "under_review", "appeal_needs_response", "appeal_under_review"});
    if (d.status == "lost") return dispute_status::lost;
    if (d.status == "won" || d.status == "warning_closed" || d.status == "prevented") return dispute_status::won;
    if (std::ranges::contains(open, d.status)) return dispute_status::open;
    return std::nullopt;
}

class stripe_gateway : public gateway
{
    api api_;
    const clock& clock_;
    std::vector<std::string> secrets_;
    bool live_;

    static std::string path_of(const charge& c, std::string_view what = "")
    {
        return std::format("{}/{}{}", intents, c.reference, what);
    }

    /// The one that carries our id; nothing once all were seen.
    template <class T>
    task<reply<std::optional<T>>> find(std::string path, parameters query, std::optional<std::string> metadata::* ours,
                                       std::string id)
    {
        query.emplace_back("limit", page_size);
        for (bool more = true; more;)
        {
            auto got = co_await api_.get<page<T>>(path, query);
            if (!got) co_return std::unexpected{std::move(got.error())};
            for (auto& one : got->data)
                if (one.metadata && (*one.metadata).*ours == id) co_return std::move(one);
            more = got->has_more && !got->data.empty();
            std::erase_if(query, [](const auto& p) { return p.first == "starting_after"; });
            if (more) query.emplace_back("starting_after", got->data.back().id);
        }
        co_return std::nullopt;
    }

    /// After a refused capture: whoever has the secret could still pay, while nobody counts on it.
    task<answer> fail_for_good(charge c, std::string reason)
    {
        auto ended = co_await cancel(std::move(c));
        if (std::holds_alternative<charge_cancelled>(ended.outcome)) ended.outcome = charge_failed{std::move(reason)};
        co_return ended;
    }

public:
    stripe_gateway(outbound::client& c, const clock& now, const stripe_settings& how, std::string ca_file,
                   std::chrono::milliseconds timeout)
        : api_{c, how, std::move(ca_file), timeout}, clock_{now}, secrets_{how.webhook_secrets}, live_{how.is_live()}
    {}

    bool takes(payment_method m, currency c) const override
    {
        if (!exponent_of(c)) return false;
        // Bank debits need days, and nights are kept for minutes.
        return m == payment_method::card
               || (m == payment_method::paypal && std::ranges::contains(paypal_currencies, c.code()));
    }
    bool can_hold() const override { return true; }
    money payable(money m) const override { return most_of(m); }

    task<answer> begin(charge c) override
    {
        // An event named it before its reply came, or Stripe has forgotten the key.
        if (!c.reference.empty()) co_return co_await query(std::move(c));
        const auto amount = to_stripe(c.amount);
        if (!amount) co_return answer{{}, charge_failed{"amount_not_supported"}};
        parameters form{{"amount", std::to_string(*amount)},
                        {"currency", code_of(c.amount.unit())},
                        {"payment_method_types[]", std::string{name_of(c.method)}},
                        {"capture_method", std::string{name_of(c.capture)}},
                        {"description", "Booking " + c.booking.text()},
                        {"metadata[roost_payment]", c.id.text()},
                        {"metadata[roost_booking]", c.booking.text()},
                        {"expand[]", std::string{books_of_charge}}};
        const auto got = co_await api_.post<payment_intent>(std::string{intents}, std::move(form), c.key("begin"));
        if (!got && got.error().what != trouble::unclear) co_return answer{{}, charge_failed{got.error().code}};
        co_return answer_of(got);
    }

    task<answer> query(charge c) override
    {
        parameters how{{"expand[]", std::string{books_of_charge}}};
        const auto got = co_await api_.get<payment_intent>(path_of(c), std::move(how));
        if (got && got->id != c.reference) co_return answer{{}, not_known{"a reply about something else"}};
        co_return answer_of(got);
    }

    // Neither carries a key: an intent is captured or cancelled once whoever repeats it, and a key would repeat an old
    // refusal for a day.

    task<answer> capture(charge c) override
    {
        parameters form{{"expand[]", std::string{books_of_charge}}};
        const auto got = co_await api_.post<payment_intent>(path_of(c, "/capture"), std::move(form), {});
        if (!got && got.error().what == trouble::declined)
            co_return co_await fail_for_good(std::move(c), got.error().code);
        if (!got && got.error().what == trouble::refused) co_return co_await query(std::move(c));
        co_return answer_of(got);
    }

    task<answer> cancel(charge c) override
    {
        parameters form{{"expand[]", std::string{books_of_charge}}};
        const auto got = co_await api_.post<payment_intent>(path_of(c, "/cancel"), std::move(form), {});
        if (!got && got.error().what != trouble::unclear) co_return co_await query(std::move(c));
        co_return answer_of(got);
    }

    task<refund_answer> refund(refund_request r) override
    {
        if (!r.reference.empty())
        {
            const auto named = co_await api_.get<stripe::refund>("/v1/refunds/" + r.reference, {});
            co_return named ? answer_of(*named, r.amount) : refund_answer{{}, {}, named.error().code};
        }
        if (r.repeated)
        {
            parameters of{{"payment_intent", r.of.reference}};
            const auto before =
                co_await find<stripe::refund>("/v1/refunds", std::move(of), &metadata::refund, r.id.text());
            if (!before) co_return refund_answer{{}, {}, before.error().code};
            if (*before) co_return answer_of(**before, r.amount);
        }
        const auto amount = to_stripe(r.amount);
        if (!amount) co_return refund_answer{refund_status::failed, {}, "amount_not_supported"};
        parameters form{{"payment_intent", r.of.reference},
                        {"amount", std::to_string(*amount)},
                        {"metadata[roost_refund]", r.id.text()}};
        const auto got = co_await api_.post<stripe::refund>("/v1/refunds", std::move(form), r.id.text() + "/refund");
        if (got) co_return answer_of(*got, r.amount);
        const bool refused = got.error().what != trouble::unclear;
        co_return refund_answer{refused ? std::optional{refund_status::failed} : std::nullopt, {}, got.error().code};
    }

    task<result<provider_event>> read_event(event_request e) override
    {
        const auto signature = e.header(signature_header);
        if (!signature || !is_signed(*signature, e.body, secrets_, clock_.now()))
            co_return fail(errc::invalid_credentials, "the event is not signed as it must be");
        auto told = schema::from_json<event>(e.body, schema::others::ignored);
        if (!told) co_return fail(errc::malformed, "this is no event");
        if (told->livemode != live_)
            co_return fail(errc::invalid_credentials, "the event is of the other mode, live or test");
        co_return about(*std::move(told));
    }

    static provider_event about(event e)
    {
        auto& what = e.data.object;
        const auto ours = what.metadata.value_or(metadata{});
        provider_event told{std::move(e.id), std::move(e.type), event_subject::nothing, {}};
        const auto is_about = [&](event_subject s, std::string reference) {
            told.about = s;
            told.reference = std::move(reference);
        };
        if (what.object == "payment_intent")
        {
            is_about(event_subject::payment, std::move(what.id));
            if (const auto id = ours.payment ? uuid::parse(*ours.payment) : std::nullopt)
                told.payment = payment_id{*id};
        }
        else if (what.object == "charge" && what.payment_intent)
            is_about(event_subject::payment, *std::move(what.payment_intent));
        else if (what.object == "refund" && ours.refund)
            is_about(event_subject::refund, *ours.refund);
        else if (what.object == "transfer" && ours.payout)
            is_about(event_subject::payout, *ours.payout);
        else if (what.object == "dispute")
            is_about(event_subject::dispute, std::move(what.id));
        return told;
    }

    bool pays_out() const override { return true; }
    bool is_destination(std::string_view d) const override
    {
        constexpr std::string_view prefix = "acct_";
        return d.starts_with(prefix) && d.size() > prefix.size() && d.size() <= 255
               && std::ranges::all_of(d.substr(prefix.size()), [](unsigned char c) { return std::isalnum(c) != 0; });
    }

    task<payout_answer> pay_out(payout_request r) override
    {
        // One group a payout, so that it is found by it.
        if (r.repeated)
        {
            parameters of{{"transfer_group", r.id.text()}};
            const auto before = co_await find<transfer>("/v1/transfers", std::move(of), &metadata::payout, r.id.text());
            if (!before) co_return payout_answer{{}, {}, before.error().code};
            if (*before) co_return answer_of(**before, r.amount);
        }
        const auto amount = to_stripe(r.amount);
        if (!amount) co_return payout_answer{payout_status::failed, {}, "amount_not_supported"};
        parameters form{{"amount", std::to_string(*amount)},
                        {"currency", code_of(r.amount.unit())},
                        {"destination", r.destination},
                        {"transfer_group", r.id.text()},
                        {"metadata[roost_payout]", r.id.text()}};
        const auto got = co_await api_.post<transfer>("/v1/transfers", std::move(form), r.id.text() + "/payout");
        if (got) co_return answer_of(*got, r.amount);
        const bool refused = got.error().what != trouble::unclear;
        co_return payout_answer{refused ? std::optional{payout_status::failed} : std::nullopt, {}, got.error().code};
    }

    task<std::optional<dispute_seen>> query_dispute(std::string reference) override
    {
        const auto got = co_await api_.get<dispute>("/v1/disputes/" + reference, {});
        if (!got || !got->payment_intent) co_return std::nullopt;
        const auto unit = currency_of(got->currency);
        const auto amount = unit ? from_stripe(got->amount, *unit) : std::nullopt;
        const auto status = status_of(*got);
        if (!amount || !status) co_return std::nullopt;
        dispute_seen seen{*got->payment_intent, *amount, money{0, *unit}, *status, got->reason};
        // As long as Stripe has booked nothing it has only asked.
        if (got->booked.empty())
            seen.amount = seen.fee;
        else
        {
            const auto& [booked, fee, in] = got->booked.front();
            seen.fee = fee_of(*amount, booked, fee, in);
        }
        co_return seen;
    }

    bool lists_charges() const override { return true; }
    task<std::optional<charge_page>> charges(instant from, instant to, std::string cursor) override
    {
        const auto seconds = [](instant at) {
            return std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
        };
        parameters which{{"created[gte]", seconds(from)},
                         {"created[lt]", seconds(to)},
                         {"limit", std::string{page_size}},
                         {"expand[]", std::format("data.{}", books_of_charge)}};
        if (!cursor.empty()) which.emplace_back("starting_after", std::move(cursor));
        const auto got = co_await api_.get<page<payment_intent>>(std::string{intents}, std::move(which));
        if (!got) co_return std::nullopt;
        charge_page listed;
        for (const auto& i : got->data)
        {
            // The account may take other money than ours.
            if (!i.metadata || !i.metadata->payment) continue;
            const auto unit = currency_of(i.currency);
            const auto captured = unit ? from_stripe(i.amount_received, *unit) : std::nullopt;
            const auto refunded =
                unit ? from_stripe(i.latest_charge ? i.latest_charge->amount_refunded : 0, *unit) : std::nullopt;
            if (!captured || !refunded) co_return std::nullopt;
            listed.charges.push_back({i.id, *captured, *refunded});
        }
        if (got->has_more && !got->data.empty()) listed.next = got->data.back().id;
        co_return listed;
    }
};

}  // namespace
}  // namespace roost::payments::stripe

namespace roost::payments {

std::unique_ptr<gateway> make_stripe(outbound::client& c, const clock& now, const stripe_settings& how,
                                     std::string ca_file, std::chrono::milliseconds timeout)
{
    return std::make_unique<stripe::stripe_gateway>(c, now, how, std::move(ca_file), timeout);
}

}  // namespace roost::payments
