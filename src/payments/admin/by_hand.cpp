#include "payments/admin/by_hand.hpp"

#include <format>

#include "bookings/payable.hpp"
#include "payments/admin/audit.hpp"
#include "payments/admin/queries.hpp"
#include "payments/jobs.hpp"
#include "payments/store.hpp"

namespace roost::payments {
namespace {

/// One side of an adjustment as it was asked for.
struct asked_side
{
    std::string_view field;
    adjustable account;
    std::optional<user_id> host;
    std::optional<provider> by;
};

/// Whose the account is, in the ledger's words.
task<result<std::string>> owner_of(pg::tx& tx, asked_side s)
{
    const auto wrong = [&](std::string_view what, std::string why) {
        return invalid(std::format("/{}_{}", s.field, what), std::move(why));
    };
    const bool of_host = s.account == adjustable::host_payable;
    const bool of_provider = s.account == adjustable::gateway_cash || s.account == adjustable::gateway_fee;
    if (s.host.has_value() != of_host) co_return wrong("host_id", of_host ? "whose it is" : "this account is nobody's");
    if (s.by.has_value() != of_provider)
        co_return wrong("provider", of_provider ? "whose it is" : "this account is no provider's");
    if (of_provider) co_return std::string{name_of(*s.by)};
    if (!of_host) co_return std::string{};
    const auto there = co_await tx.one<bool>(admin::sql::is_user, *s.host);
    if (!*there) co_return wrong("host_id", "there is nobody of this id");
    co_return s.host->text();
}

}  // namespace

task<result<adjustment>> admin_service::adjust(pg::tx& tx, const identity& who, new_adjustment asked)
{
    const asked_side debit{"debit", asked.debit, asked.debit_host, asked.debit_provider};
    const asked_side credit{"credit", asked.credit, asked.credit_host, asked.credit_provider};
    const auto from = co_await owner_of(tx, debit);
    if (!from) co_return std::unexpected{from.error()};
    const auto to = co_await owner_of(tx, credit);
    if (!to) co_return std::unexpected{to.error()};
    if (asked.debit == asked.credit && *from == *to) co_return invalid("/credit_account", "is the same account");

    const auto now = clock_.now();
    const bool by_two = asked.amount.minor() > amount_in(alone_, asked.amount.unit());
    const auto status = by_two ? adjustment_status::proposed : adjustment_status::posted;
    const auto made = (co_await tx.one<adjustment>(admin::sql::insert_adjustment, adjustment_id::make(),
                                                   asked.amount.unit(), asked.amount.minor(), asked.debit, *from,
                                                   asked.credit, *to, asked.reason, by_two, status, who.user, now))
                          .value();
    if (!by_two) co_await post_adjustment(tx, made, now);
    audit(tx, who.user, by_two ? "adjustment.proposed" : "adjustment.posted", made.id.value, asked.reason, now);
    co_return made;
}

task<> admin_service::post_adjustment(pg::tx& tx, const adjustment& a, instant now)
{
    const journal j{
        .kind = journal_kind::adjustment, .dedupe_key = "adjustment " + a.id.text(), .adjustment = a.id, .at = now};
    const std::vector<entry> entries{{a.debit, a.debit_owner, a.amount}, {a.credit, a.credit_owner, -a.amount}};
    co_await post(tx, j, entries);
}

task<result<adjustment>> admin_service::approve(pg::tx& tx, const identity& who, adjustment_id id, std::string reason)
{
    const auto a = co_await tx.one<adjustment>(admin::sql::lock_adjustment, id);
    if (!a) co_return fail(errc::not_found, "there is no such adjustment");
    if (a->proposed_by == who.user) co_return fail(errc::not_allowed, "another admin approves");
    if (a->status != adjustment_status::proposed)
        co_return fail(errc::wrong_state, std::format("it is {}", name_of(a->status)));
    const auto now = clock_.now();
    co_await post_adjustment(tx, *a, now);
    audit(tx, who.user, "adjustment.approved", id.value, reason, now);
    const auto done =
        co_await tx.one<adjustment>(admin::sql::decide_adjustment, id, adjustment_status::posted, who.user, now);
    co_return done.value();
}

task<result<adjustment>> admin_service::refuse(pg::tx& tx, const identity& who, adjustment_id id, std::string reason)
{
    const auto a = co_await tx.one<adjustment>(admin::sql::lock_adjustment, id);
    if (!a) co_return fail(errc::not_found, "there is no such adjustment");
    if (a->status != adjustment_status::proposed)
        co_return fail(errc::wrong_state, std::format("it is {}", name_of(a->status)));
    const auto now = clock_.now();
    audit(tx, who.user, "adjustment.refused", id.value, reason, now);
    const auto done =
        co_await tx.one<adjustment>(admin::sql::decide_adjustment, id, adjustment_status::refused, who.user, now);
    co_return done.value();
}

task<result<hold>> admin_service::place_hold(pg::tx& tx, const identity& who, new_hold asked)
{
    if (asked.host.has_value() == asked.booking.has_value())
        co_return invalid("/host_id", "either a host or a booking");
    auto host = asked.host;
    if (asked.booking)
    {
        host = co_await tx.one<user_id>(admin::sql::host_of_booking, *asked.booking);
        if (!host) co_return invalid("/booking_id", "there is no such booking");
    }
    const auto there = co_await tx.one<bool>(admin::sql::is_user, *host);
    if (!*there) co_return invalid("/host_id", "there is nobody of this id");
    co_await tx.all<currency>(admin::sql::wait_for_payouts, *host);
    const auto now = clock_.now();
    const auto made = co_await tx.one<hold>(admin::sql::insert_hold, hold_id::make(), *host, asked.booking,
                                            asked.reason, who.user, now);
    if (!made) co_return fail(errc::wrong_state, "it is held");
    audit(tx, who.user, "payouts.held", asked.booking ? asked.booking->value : host->value, asked.reason, now);
    co_return *made;
}

task<result<void>> admin_service::release_hold(pg::tx& tx, const identity& who, hold_id id, std::string reason)
{
    const auto gone = co_await tx.one<hold>(admin::sql::delete_hold, id);
    if (!gone) co_return fail(errc::not_found, "there is no such hold");
    audit(tx, who.user, "payouts.released", gone->booking ? gone->booking->value : gone->host.value, reason,
          clock_.now());
    co_return result<void>{};
}

task<result<refund>> admin_service::retry_refund(pg::tx& tx, const identity& who, refund_id id, std::string reason)
{
    const auto booking = co_await tx.one<booking_id>(admin::sql::booking_of_refund, id);
    if (!booking) co_return fail(errc::not_found, "there is no such refund");
    co_await bookings::lock_payable(tx, *booking);
    const auto now = clock_.now();
    const auto made = co_await tx.one<refund>(admin::sql::repeat_refund, id, refund_id::make(), now);
    if (!made) co_return fail(errc::wrong_state, "it was not refused, or is asked for again");
    jobs::enqueue(tx, make_refund, refund_job{made->id}, now, {.at = {}, .unique = made->id.text()});
    audit(tx, who.user, "refund.retried", id.value, reason, now);
    co_return *made;
}

}  // namespace roost::payments
