#include "payments/paypal/payouts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "payments/paypal/amounts.hpp"
#include "payments/paypal/orders.hpp"

namespace roost::payments::paypal {
namespace {

constexpr std::string_view batches = "/v1/payments/payouts/";

/// PayPal knows a batch by our id for thirty days.
constexpr std::chrono::days remembered{29};

payout_answer undecided(std::string reference, std::string why)
{
    return {std::nullopt, std::move(reference), std::move(why)};
}

payout_answer refused(std::string why) { return {payout_status::failed, {}, std::move(why)}; }

/// What is held, not claimed or under review may still go through; PayPal gives it back after 30 days.
std::optional<payout_status> status_of_item(std::string_view status)
{
    constexpr auto back =
        std::to_array<std::string_view>({"BLOCKED", "DENIED", "FAILED", "REFUNDED", "RETURNED", "REVERSED"});
    if (status == "SUCCESS") return payout_status::paid;
    return std::ranges::contains(back, status) ? std::optional{payout_status::failed} : std::nullopt;
}

task<payout_answer> look_at(api& a, std::string reference, payout_request r)
{
    const auto b = co_await a.get<batch>(std::string{batches} + reference);
    if (!b) co_return undecided(reference, reason_of(b.error().code));
    if (b->header.status == "DENIED" || b->header.status == "CANCELED")
        co_return payout_answer{payout_status::failed, reference, reason_of(b->header.status)};
    if (b->items.empty()) co_return undecided(reference, "the batch is not there yet");
    const auto& [status, sent] = b->items.front();
    if (b->items.size() != 1 || sent.id != r.id.text() || read_amount(sent.amount.value, sent.amount.code) != r.amount)
        co_return undecided(reference, "a batch of something else");
    co_return payout_answer{status_of_item(status), reference, reason_of(status)};
}

/// Whether PayPal may have forgotten by now that it was asked. Our ids begin with the time they were made (RFC 9562).
bool is_too_old(payout_id id, instant now)
{
    std::int64_t made = 0;
    for (std::size_t i = 0; i < 6; ++i) made = made << 8 | id.value.bytes[i];
    return now - instant{std::chrono::milliseconds{made}} > remembered;
}

/// Where PayPal says that it has this batch already.
std::optional<std::string> batch_in(const std::vector<link>& links)
{
    for (const auto& l : links)
        if (const auto at = l.href.find(batches); at != l.href.npos) return l.href.substr(at + batches.size());
    return std::nullopt;
}

}  // namespace

task<payout_answer> pay_host(api& a, payout_request r, instant now)
{
    if (!r.reference.empty())
    {
        auto reference = r.reference;
        co_return co_await look_at(a, std::move(reference), std::move(r));
    }
    const auto amount = written(r.amount);
    if (!amount) co_return refused("amount_not_supported");
    if (r.repeated && is_too_old(r.id, now)) co_return undecided({}, "it was asked for too long ago to ask again");
    const auto id = r.id.text();
    const payout_amount value{std::string{r.amount.unit().code()}, *amount};
    const new_batch asked{{id}, {{"EMAIL", r.destination, id, value}}};
    // PayPal refuses a second batch of the same sender_batch_id; the request's id alone it may ignore.
    const auto made = co_await a.make<batch>("/v1/payments/payouts", id, schema::to_json(asked));
    if (made) co_return undecided(made->header.id, reason_of(made->header.status));
    const auto& [what, code, links] = made.error();
    if (what == trouble::refused)
    {
        if (auto known = batch_in(links)) co_return co_await look_at(a, *std::move(known), std::move(r));
        if (code == "VALIDATION_ERROR") co_return refused("not_valid");
    }
    co_return undecided({}, reason_of(code));
}

}  // namespace roost::payments::paypal
