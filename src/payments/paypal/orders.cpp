#include "payments/paypal/orders.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "payments/paypal/amounts.hpp"

namespace roost::payments::paypal {
namespace {

std::optional<money> money_of(const std::optional<amount>& a)
{
    return a ? read_amount(a->value, a->code) : std::nullopt;
}

const movements* moved(const order& o)
{
    return o.units.size() == 1 && o.units.front().payments ? &*o.units.front().payments : nullptr;
}

/// Also one that was given back later: the money came.
bool has_taken(const movement& capture)
{
    return capture.status == "COMPLETED" || capture.status == "PARTIALLY_REFUNDED" || capture.status == "REFUNDED";
}

/// Nothing when one of them cannot be read.
std::optional<money> given_back(const order& o, currency unit)
{
    money sum{0, unit};
    for (const auto& r : moved(o)->refunds)
    {
        if (r.status != "COMPLETED") continue;
        const auto amount = money_of(r.amount);
        if (!amount || amount->unit() != unit) return std::nullopt;
        sum += *amount;
    }
    return sum;
}

outcome outcome_of_capture(const order& o, const movement& m)
{
    if (m.status == "PENDING") return still_pending{};
    if (m.status == "DECLINED" || m.status == "FAILED") return charge_failed{"declined"};
    const auto taken = money_of(m.amount);
    if (!has_taken(m) || !taken) return not_known{"a capture that cannot be read"};
    // In another currency when PayPal exchanges what comes in: then it is not known in ours.
    const auto fee = m.receivable ? money_of(m.receivable->fee) : std::nullopt;
    return money_taken{*taken, fee && fee->unit() == taken->unit() ? *fee : money{0, taken->unit()},
                       given_back(o, taken->unit())};
}

outcome outcome_of_authorization(const movement& m)
{
    if (m.status == "PENDING") return still_pending{};
    if (m.status == "VOIDED" || m.status == "EXPIRED") return charge_cancelled{};
    if (m.status == "DENIED") return charge_failed{"declined"};
    const auto held = money_of(m.amount);
    if (m.status != "CREATED" || !held) return not_known{"an authorization that cannot be read"};
    return money_held{*held};
}

/// Where the guest approves; nothing when no link says so.
std::optional<outcome> to_approve(const std::vector<link>& links)
{
    for (const std::string_view rel : {"payer-action", "approve", "redirect"})
        if (const auto it = std::ranges::find(links, rel, &link::rel);
            it != links.end() && it->href.starts_with("https://"))
            return action_required{{action_kind::redirect, it->href, {}, {}}};
    return std::nullopt;
}

/// The guest may choose another way to pay and approve again.
constexpr auto for_the_guest = std::to_array<std::string_view>(
    {"INSTRUMENT_DECLINED", "ORDER_NOT_APPROVED", "PAYER_ACTION_REQUIRED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"});

/// Nothing comes of this order any more. Whatever is not named here is asked for again until the order lapses.
constexpr auto final_word = std::to_array<std::string_view>({
    "AUTHORIZATION_DENIED",
    "AUTHORIZATION_EXPIRED",
    "CARD_CLOSED",
    "CARD_EXPIRED",
    "COMPLIANCE_VIOLATION",
    "DOMESTIC_TRANSACTION_REQUIRED",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
    "ORDER_EXPIRED",
    "PAYEE_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYEE_ACCOUNT_RESTRICTED",
    "PAYEE_BLOCKED_TRANSACTION",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED",
    "PAYER_ACCOUNT_RESTRICTED",
    "PAYER_CANNOT_PAY",
    "TRANSACTION_LIMIT_EXCEEDED",
    "TRANSACTION_RECEIVING_LIMIT_EXCEEDED",
    "TRANSACTION_REFUSED",
});

/// The money stays where it is, whatever is asked again.
constexpr auto final_word_of_refunds = std::to_array<std::string_view>({
    "CAPTURE_DISPUTED_PARTIAL_REFUND_NOT_ALLOWED",
    "CAPTURE_FULLY_REFUNDED",
    "MAX_NUMBER_OF_REFUNDS_EXCEEDED",
    "PARTIAL_REFUND_NOT_ALLOWED",
    "REFUND_AMOUNT_EXCEEDED",
    "REFUND_NOT_ALLOWED",
    "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK",
    "REFUND_TIME_LIMIT_EXCEEDED",
});

}  // namespace

const movement* capture_of(const order& o)
{
    const auto* all = moved(o);
    if (!all) return nullptr;
    // After one that was declined another may have gone through.
    if (const auto it = std::ranges::find_if(all->captures, has_taken); it != all->captures.end()) return &*it;
    return all->captures.empty() ? nullptr : &all->captures.back();
}

const movement* authorization_of(const order& o)
{
    const auto* all = moved(o);
    return all && !all->authorizations.empty() ? &all->authorizations.back() : nullptr;
}

bool is_held(const order& o)
{
    const auto* held = authorization_of(o);
    return held && held->status == "CREATED";
}

const movement* refund_of(const order& o, std::string_view id)
{
    const auto* all = moved(o);
    if (!all) return nullptr;
    const auto it = std::ranges::find_if(all->refunds, [id](const movement& r) { return r.custom_id == id; });
    return it == all->refunds.end() ? nullptr : &*it;
}

outcome outcome_of(const order& o, const charge& c)
{
    if (o.units.size() != 1 || o.units.front().custom_id != c.id.text())
        return not_known{"the order of something else"};
    if (const auto* taken = capture_of(o)) return outcome_of_capture(o, *taken);
    if (const auto* held = authorization_of(o)) return outcome_of_authorization(*held);
    if (o.status == "VOIDED") return charge_cancelled{};
    if (o.status == "APPROVED" || o.status == "SAVED") return still_pending{};
    if (o.status == "CREATED" || o.status == "PAYER_ACTION_REQUIRED")
        return to_approve(o.links).value_or(not_known{"an order without a link to approve it"});
    return not_known{"an order that cannot be read"};
}

outcome outcome_of(const failure& f, const std::vector<link>& links)
{
    if (f.what != trouble::refused) return not_known{f.code};
    if (std::ranges::contains(for_the_guest, f.code))
        if (auto again = to_approve(f.links).or_else([&] { return to_approve(links); })) return *again;
    if (std::ranges::contains(final_word, f.code)) return charge_failed{reason_of(f.code)};
    return not_known{f.code};
}

std::string reason_of(std::string code)
{
    for (auto& c : code) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return code;
}

refund_answer answer_of(const movement& refund, money asked)
{
    if (money_of(refund.amount) != asked) return {{}, {}, "a refund of another amount"};
    auto reason = reason_of(refund.status);
    if (refund.status == "COMPLETED") return {refund_status::succeeded, refund.id, std::move(reason)};
    if (refund.status == "FAILED" || refund.status == "CANCELLED")
        return {refund_status::failed, refund.id, std::move(reason)};
    return {refund_status::pending, refund.id, std::move(reason)};
}

refund_answer answer_of(const failure& f)
{
    const bool no = f.what == trouble::refused && std::ranges::contains(final_word_of_refunds, f.code);
    return {no ? std::optional{refund_status::failed} : std::nullopt, {}, reason_of(f.code)};
}

}  // namespace roost::payments::paypal
