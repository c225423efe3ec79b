#include "payments/paystack/gateway.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <map>

#include "payments/paystack/amounts.hpp"
#include "payments/paystack/api.hpp"
#include "payments/paystack/event.hpp"
#include "platform/observe/log.hpp"

namespace roost::payments::paystack {
namespace {

constexpr std::string_view transactions = "/transaction", refunds = "/refund", transfers = "/transfer";

/// How often the answer that tells a page's address may be lost.
constexpr int most_pages = 5;

std::string reference_of(payment_id id, int page)
{
    return page == 1 ? id.text() : std::format("{}-{}", id.text(), page);
}

std::string verify(std::string_view what, std::string_view reference)
{
    return std::format("{}/verify/{}", what, reference);
}

std::optional<money> amount_of(std::int64_t hundredths, std::string_view code)
{
    const auto unit = currency::parse(code);
    return unit ? from_paystack(hundredths, *unit) : std::nullopt;
}

/// Statuses under which the payer can still do something on the page, or is about to.
constexpr auto open_statuses =
    std::to_array<std::string_view>({"abandoned", "ongoing", "pending", "processing", "queued"});

outcome outcome_of(const transaction& t)
{
    if (t.status == "success")
    {
        const auto amount = amount_of(t.amount, t.currency);
        if (!amount) return not_known{"an amount that cannot be"};
        return money_taken{*amount, rounded_from_paystack(t.fees.value_or(0), amount->unit())};
    }
    if (t.status == "failed") return charge_failed{word_of(t.gateway_response.value_or("failed"))};
    // It was taken and given back, and not by us.
    if (t.status == "reversed") return charge_failed{"reversed"};
    // Without the page's address, which is told only once: a payment that has a page keeps it.
    if (std::ranges::contains(open_statuses, t.status)) return action_required{};
    return not_known{"a status that is not known"};
}

refund_answer answer_of(const reply<refund>& got, money asked)
{
    if (!got) return {{}, {}, got.error().code};
    const auto& r = *got;
    if (amount_of(r.amount, r.currency) != asked) return {{}, {}, "a refund of another amount"};
    const auto id = std::to_string(r.id);
    if (r.status == "processed") return {refund_status::succeeded, id, {}};
    if (r.status == "failed") return {refund_status::failed, id, "failed"};
    return {refund_status::pending, id, r.status};
}

payout_answer answer_of(const transfer& t, const payout_request& r)
{
    constexpr auto failures =
        std::to_array<std::string_view>({"failed", "reversed", "abandoned", "blocked", "rejected"});
    if (t.reference != r.id.text() || amount_of(t.amount, t.currency) != r.amount)
        return {{}, {}, "a transfer of another amount"};
    const auto code = t.transfer_code.value_or("");
    if (t.status == "success") return {payout_status::paid, code, {}};
    if (std::ranges::contains(failures, t.status)) return {payout_status::failed, code, t.status};
    if (t.status == "otp")
        log::error("Paystack asks for a one-time password before it pays a host: switch that off in its dashboard",
                   {{"payout", r.id.text()}});
    return {payout_status::pending, code, t.status};
}

std::string note_of(refund_id id) { return "Roost refund " + id.text(); }

class paystack_gateway : public gateway
{
    api api_;
    std::string site_, key_;

    /// Refunds carry no reference of ours, so what was asked before is known by its note.
    task<reply<std::optional<paystack::refund>>> find(const refund_request& r)
    {
        const auto of = co_await api_.get<transaction>(verify(transactions, r.of.reference));
        if (!of) co_return std::unexpected{of.error()};
        const auto note = note_of(r.id);
        for (int page = 1;; ++page)
        {
            parameters which{{"transaction", std::to_string(of->id)}};
            auto got = co_await api_.list<paystack::refund>(std::string{refunds}, std::move(which), page);
            if (!got) co_return std::unexpected{std::move(got.error())};
            for (auto& one : *got)
                if (one.merchant_note == note) co_return std::move(one);
            if (got->size() < api::page_size) co_return std::nullopt;
        }
    }

    /// What went back of transactions, by their ids, of those refunds that were asked for since then.
    task<reply<std::map<std::int64_t, std::int64_t>>> refunded_since(instant from)
    {
        std::map<std::int64_t, std::int64_t> sums;
        for (int page = 1;; ++page)
        {
            parameters which{{"from", format(from)}};
            auto got = co_await api_.list<listed_refund>(std::string{refunds}, std::move(which), page);
            if (!got) co_return std::unexpected{std::move(got.error())};
            for (const auto& r : *got)
                if (r.status == "processed") sums[r.transaction] += r.amount;
            if (got->size() < api::page_size) co_return sums;
        }
    }

public:
    paystack_gateway(outbound::client& c, const paystack_settings& how, std::string site, std::string ca_file,
                     std::chrono::milliseconds timeout)
        : api_{c, how, std::move(ca_file), timeout}, site_{std::move(site)}, key_{how.secret_key}
    {}

    bool takes(payment_method m, currency c) const override { return paystack::takes(m, c); }
    bool can_hold() const override { return false; }

    /// A reference is good for one page, and only the answer that made the page tells its address. When that was lost
    /// nobody can have paid there, so the payment gets another page under the next reference.
    task<answer> begin(charge c) override
    {
        if (!c.reference.empty()) co_return co_await query(std::move(c));
        const auto amount = to_paystack(c.amount);
        if (!amount) co_return answer{{}, charge_failed{"amount_not_supported"}};
        if (!c.payer_email) co_return answer{{}, charge_failed{"no_email"}};
        new_transaction asked{.email = *c.payer_email,
                              .amount = *amount,
                              .currency = std::string{c.amount.unit().code()},
                              .reference = {},
                              .callback_url = std::format("{}/bookings/{}", site_, c.booking.text()),
                              .channels = {std::string{name_of(c.method)}},
                              .metadata = {c.id.text(), c.booking.text()}};
        for (int i = 1; i <= most_pages; ++i)
        {
            asked.reference = reference_of(c.id, i);
            const auto got = co_await api_.post<page>(std::string{transactions} + "/initialize", asked);
            if (got) co_return opened(*got, asked.reference);
            if (got.error().what == trouble::unclear) co_return answer{{}, not_known{got.error().code}};
            const auto there = co_await api_.get<transaction>(verify(transactions, asked.reference));
            if (!there)
            {
                const bool absent = there.error().what == trouble::absent;
                co_return answer{{}, absent ? outcome{charge_failed{got.error().code}} : not_known{there.error().code}};
            }
            if (there->status == "success") co_return answer{asked.reference, outcome_of(*there)};
            if (there->status != "abandoned" && there->status != "failed")
                co_return answer{{}, not_known{"a page that nobody knows is in use"}};
        }
        co_return answer{{}, charge_failed{"no_page"}};
    }

    static answer opened(const page& p, const std::string& reference)
    {
        if (p.reference != reference || !p.authorization_url.starts_with("https://"))
            return {{}, not_known{"a reply that cannot be meant"}};
        return {reference, action_required{{action_kind::redirect, p.authorization_url, {}, {}}}};
    }

    task<answer> query(charge c) override
    {
        const auto got = co_await api_.get<transaction>(verify(transactions, c.reference));
        if (!got) co_return answer{{}, not_known{got.error().code}};
        if (got->reference != c.reference) co_return answer{{}, not_known{"a reply about something else"}};
        co_return answer{c.reference, outcome_of(*got)};
    }

    /// Never asked for: nothing is held.
    task<answer> capture(charge c) override { co_return co_await query(std::move(c)); }

    /// Paystack ends nothing, so a page may be paid at any time. One that is not in use counts as cancelled; what comes
    /// all the same is told by an event, or found when reconciling, and used or given back.
    task<answer> cancel(charge c) override
    {
        const auto got = co_await api_.get<transaction>(verify(transactions, c.reference));
        if (!got) co_return answer{{}, not_known{got.error().code}};
        if (got->reference != c.reference) co_return answer{{}, not_known{"a reply about something else"}};
        if (got->status == "abandoned") co_return answer{c.reference, charge_cancelled{}};
        co_return answer{c.reference, outcome_of(*got)};
    }

    task<refund_answer> refund(refund_request r) override
    {
        if (!r.reference.empty())
        {
            const auto named = co_await api_.get<paystack::refund>(std::format("{}/{}", refunds, r.reference));
            co_return answer_of(named, r.amount);
        }
        if (r.repeated)
        {
            auto before = co_await find(r);
            if (!before) co_return refund_answer{{}, {}, before.error().code};
            if (*before) co_return answer_of(**std::move(before), r.amount);
        }
        const auto amount = to_paystack(r.amount);
        if (!amount) co_return refund_answer{refund_status::failed, {}, "amount_not_supported"};
        const new_refund asked{r.of.reference, *amount, std::string{r.amount.unit().code()}, note_of(r.id)};
        const auto got = co_await api_.post<paystack::refund>(std::string{refunds}, asked);
        if (!got && got.error().what != trouble::unclear)
            co_return refund_answer{refund_status::failed, {}, got.error().code};
        co_return answer_of(got, r.amount);
    }

    task<result<provider_event>> read_event(event_request e) override { co_return paystack::read_event(e, key_); }

    bool pays_out() const override { return true; }
    bool is_destination(std::string_view d) const override
    {
        constexpr std::string_view prefix = "RCP_";
        return d.starts_with(prefix) && d.size() > prefix.size() && d.size() <= 100
               && std::ranges::all_of(d.substr(prefix.size()), [](unsigned char c) { return std::isalnum(c) != 0; });
    }

    task<payout_answer> pay_out(payout_request r) override
    {
        const auto amount = to_paystack(r.amount);
        if (!amount) co_return payout_answer{payout_status::failed, {}, "amount_not_supported"};
        const auto place = verify(transfers, r.id.text());
        if (r.repeated)
        {
            const auto before = co_await api_.get<transfer>(place);
            if (before) co_return answer_of(*before, r);
            if (before.error().what != trouble::absent) co_return payout_answer{{}, {}, before.error().code};
        }
        const new_transfer asked{.source = "balance",
                                 .amount = *amount,
                                 .currency = std::string{r.amount.unit().code()},
                                 .recipient = r.destination,
                                 .reference = r.id.text(),
                                 .reason = "Payout " + r.id.text()};
        const auto got = co_await api_.post<transfer>(std::string{transfers}, asked);
        if (got) co_return answer_of(*got, r);
        if (got.error().what == trouble::unclear) co_return payout_answer{{}, {}, got.error().code};
        // Refused, perhaps since its reference is there.
        const auto there = co_await api_.get<transfer>(place);
        if (there) co_return answer_of(*there, r);
        if (there.error().what != trouble::absent) co_return payout_answer{{}, {}, there.error().code};
        co_return payout_answer{payout_status::failed, {}, got.error().code};
    }

    /// Paystack takes nothing back before a dispute is lost, and nothing for it.
    task<std::optional<dispute_seen>> query_dispute(std::string reference) override
    {
        const auto got = co_await api_.get<dispute>("/dispute/" + reference);
        if (!got) co_return std::nullopt;
        const auto& of = got->transaction;
        const auto amount = amount_of(got->refund_amount.value_or(of.amount), of.currency);
        if (!amount) co_return std::nullopt;
        const auto resolution = got->resolution.value_or("");
        const money none{0, amount->unit()};
        dispute_seen seen{of.reference, none, none, dispute_status::open, got->category.value_or("")};
        if (got->status == "resolved" && resolution == "declined")
            seen.status = dispute_status::won;
        else if (got->status == "resolved" && resolution.ends_with("accepted"))
        {
            seen.status = dispute_status::lost;
            seen.amount = *amount;
        }
        else if (got->status == "resolved")
            co_return std::nullopt;
        co_return seen;
    }

    bool lists_charges() const override { return true; }
    task<std::optional<charge_page>> charges(instant from, instant to, std::string cursor) override
    {
        int number = 1;
        std::from_chars(cursor.data(), cursor.data() + cursor.size(), number);
        parameters which{{"from", format(from)}, {"to", format(to)}};
        const auto got = co_await api_.list<transaction>(std::string{transactions}, std::move(which), number);
        if (!got) co_return std::nullopt;
        const auto refunded = co_await refunded_since(from);
        if (!refunded) co_return std::nullopt;
        charge_page listed;
        for (const auto& t : *got)
        {
            // The account may take other money than ours.
            if (!payment_in(t.reference)) continue;
            const bool taken = t.status == "success" || t.status == "reversed";
            const auto back = refunded->find(t.id);
            const auto captured = amount_of(taken ? t.amount : 0, t.currency);
            const auto returned = amount_of(back == refunded->end() ? 0 : back->second, t.currency);
            if (!captured || !returned) co_return std::nullopt;
            listed.charges.push_back({t.reference, *captured, *returned});
        }
        if (got->size() == api::page_size) listed.next = std::to_string(number + 1);
        co_return listed;
    }
};

}  // namespace
}  // namespace roost::payments::paystack

namespace roost::payments {

std::unique_ptr<gateway> make_paystack(outbound::client& c, const paystack_settings& how, std::string site,
                                       std::string ca_file, std::chrono::milliseconds timeout)
{
    return std::make_unique<paystack::paystack_gateway>(c, how, std::move(site), std::move(ca_file), timeout);
}

}  // namespace roost::payments
