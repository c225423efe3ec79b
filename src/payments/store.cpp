#include "payments/store.hpp"

#include <stdexcept>

#include "payments/queries.hpp"
#include "platform/schema/json.hpp"

namespace roost::payments {
namespace {

priced priced_of(const bookings::payable& b)
{
    const money none{0, b.total.unit()};
    return {.accommodation = b.accommodation,
            .host_payout = b.host_payout,
            .guest_fee = b.guest_fee,
            .tax = b.tax,
            .accommodation_back = b.refund ? b.refund->accommodation : none,
            .guest_fee_back = b.refund ? b.refund->guest_fee : none,
            .tax_back = b.refund ? b.refund->tax : none};
}

}  // namespace

payment payment_row::shown(bool to_guest) const
{
    return {.id = id,
            .booking = booking,
            .purpose = purpose,
            .alteration = alteration,
            .amount = amount,
            .method = method,
            .provider = provider,
            .capture = capture,
            .status = status,
            .failure_reason = failure_reason,
            .next_action = to_guest ? next_action : std::nullopt,
            .captured = captured,
            .to_refund = to_refund,
            .refunded = refunded,
            .version = version,
            .created_at = created_at,
            .updated_at = updated_at};
}

charge payment_row::charged(bool repeated) const
{
    return {.id = id,
            .booking = booking,
            .amount = amount,
            .method = method,
            .capture = capture,
            .reference = reference.value_or(""),
            .receipt = receipt,
            .payer_email = payer_email,
            .payer_phone = payer_phone,
            .repeated = repeated};
}

charge payment_to_advance::charged() const
{
    auto c = payment.charged(true);
    if (c.reference.empty()) c.reference = told_reference.value_or("");
    if (!c.receipt) c.receipt = told_receipt;
    c.wanted = still_wanted(payment.stands(booking_status));
    return c;
}

task<> post(pg::tx& tx, const journal& j, const std::vector<entry>& entries)
{
    std::vector<account> accounts;
    std::vector<std::string> owners;
    std::vector<std::int64_t> amounts;
    for (const auto& e : entries)
    {
        accounts.push_back(e.account);
        owners.push_back(e.owner);
        amounts.push_back(e.amount.minor());
    }
    const auto booking = j.of ? std::optional{j.of->booking} : std::nullopt;
    const auto payment = j.of ? std::optional{j.of->id} : std::nullopt;
    const auto made = co_await tx.one<std::int64_t>(sql::post_journal, uuid::v7(), j.kind, j.dedupe_key,
                                                    entries.front().amount.unit(), booking, payment, j.refund, j.payout,
                                                    j.dispute, j.adjustment, j.at, accounts, owners, amounts);
    if (made != 1) throw std::logic_error("this was posted before: " + j.dedupe_key);
}

task<change_of_owners> owners_once(pg::tx& tx, const bookings::payable& b, money paid)
{
    change_of_owners c;
    c.before = (co_await tx.one<shares>(sql::shares_of_booking, b.id, b.total.unit())).value();
    c.after = owners_of(paid, claims_of(priced_of(b)), c.before);
    co_return c;
}

task<payment_row> save(pg::tx& tx, const payment_row& p, std::optional<instant> next_check, instant now)
{
    const auto action = p.next_action ? std::optional{pg::json{schema::to_json(*p.next_action)}} : std::nullopt;
    auto saved = co_await tx.one<payment_row>(sql::save_payment, p.id, p.status, p.reference, p.failure_reason, action,
                                              p.applied, p.abandoned, p.captured.minor(), p.to_refund.minor(),
                                              p.refunded.minor(), next_check, now);
    co_return std::move(saved).value();
}

}  // namespace roost::payments
