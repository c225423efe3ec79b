#include "payments/payouts/payouts.hpp"

#include <algorithm>
#include <format>
#include <stdexcept>
#include <utility>

#include "payments/admin/audit.hpp"
#include "payments/jobs.hpp"
#include "payments/payouts/queries.hpp"
#include "payments/store.hpp"

namespace roost::payments {
namespace {

constexpr int batch = 200;

struct balance_row
{
    money balance, in_transit;
    bool held;

    static constexpr auto fields =
        schema::fields(field<&balance_row::balance>("balance"), field<&balance_row::in_transit>("in_transit"),
                       field<&balance_row::held>("held"));
};

struct host_to_pay
{
    user_id host;
    currency unit;

    static constexpr auto fields =
        schema::fields(field<&host_to_pay::host>("host_id"), field<&host_to_pay::unit>("currency"));
};

struct account_to_pay
{
    payments::provider provider;
    std::string destination;
    money balance;
    int attempts;

    static constexpr auto fields =
        schema::fields(field<&account_to_pay::provider>("provider"), field<&account_to_pay::destination>("destination"),
                       field<&account_to_pay::balance>("balance"), field<&account_to_pay::attempts>("attempts"));
};

}  // namespace

task<result<std::vector<payout_account>>> payout_service::accounts(const identity& who)
{
    co_return co_await db_.all<payout_account>(payouts::sql::accounts_of_host, who.user);
}

task<result<payout_account>> payout_service::set_account(pg::tx& tx, const identity& who, new_payout_account asked)
{
    if (!who.is_host) co_return fail(errc::not_allowed, "only hosts are paid");
    auto* const gate = gateways_.find(asked.provider);
    if (!gate || !gate->pays_out()) co_return invalid("/provider", "pays nobody here");
    if (!gate->is_destination(asked.destination)) co_return invalid("/destination", "is not one of this provider's");
    const auto now = clock_.now();
    const auto changed = co_await tx.one<bool>(payouts::sql::set_account, who.user, asked.currency, asked.provider,
                                               asked.destination, now + terms_.wait, now);
    if (changed)
        audit(tx, who.user, "payout_account.set", who.user.value,
              std::format("{} {}", asked.currency.code(), name_of(asked.provider)), now);
    for (auto& a : co_await tx.all<payout_account>(payouts::sql::accounts_of_host, who.user))
        if (a.currency == asked.currency) co_return std::move(a);
    throw std::logic_error("an account that was set is not there");
}

task<result<void>> payout_service::drop_accounts(pg::tx& tx, const identity& who, std::optional<currency> unit)
{
    const auto now = clock_.now();
    const auto gone = co_await tx.all<currency>(payouts::sql::drop_accounts, who.user, unit);
    for (const auto c : gone) audit(tx, who.user, "payout_account.dropped", who.user.value, c.code(), now);
    co_return result<void>{};
}

task<result<std::vector<host_balance>>> payout_service::balance(const identity& who)
{
    const auto earnings = co_await db_.all<earning>(payouts::sql::open_earnings, who.user, std::nullopt,
                                                    terms_.payable_from, clock_.now());
    std::vector<host_balance> all;
    for (const auto& b : co_await db_.all<balance_row>(payouts::sql::balances_of_host, who.user))
    {
        std::vector<earning> open;
        std::ranges::copy_if(earnings, std::back_inserter(open),
                             [&](const earning& e) { return e.earned.unit() == b.balance.unit(); });
        auto w = weigh(b.balance, open);
        if (b.held && w.payable.minor() > 0) w.held += std::exchange(w.payable, money{0, b.balance.unit()});
        all.push_back({b.balance.unit(), w.payable, w.later, w.held, b.in_transit, w.later_from});
    }
    co_return all;
}

task<result<void>> payout_service::run_due()
{
    const auto day = last_batch(terms_, clock_.now());
    const auto done = co_await db_.one<bool>(payouts::sql::batch_is_done, day);
    if (*done) co_return result<void>{};
    if (const auto paid = co_await run(day); !paid) co_return std::unexpected{paid.error()};
    co_await db_.run(payouts::sql::batch_done, day, clock_.now());
    co_return result<void>{};
}

task<result<int>> payout_service::run(date day)
{
    const auto moment = moment_of(terms_, day);
    if (moment > clock_.now()) co_return invalid("day", "the moment of this batch has not come");
    int made = 0;
    host_to_pay last{};
    for (std::size_t got = batch; got == batch;)
    {
        const auto hosts =
            co_await db_.all<host_to_pay>(payouts::sql::hosts_to_pay, moment, day, last.host, last.unit, batch);
        got = hosts.size();
        for (const auto& h : hosts)
        {
            const auto paid = co_await db_.transaction([&](pg::tx& tx) -> task<result<std::optional<payout>>> {
                co_return co_await decide(tx, h.host, h.unit, day, false);
            });
            if (!paid) co_return std::unexpected{paid.error()};
            if (*paid) ++made;
        }
        if (got != 0) last = hosts.back();
    }
    co_return made;
}

/// What is payable to the host becomes a payout; nothing when that is too little, or the batch has one. `again`: beside
/// those that it has, and of what is payable by now.
task<result<std::optional<payout>>> payout_service::decide(pg::tx& tx, user_id host, currency unit, date day,
                                                           bool again)
{
    const auto now = clock_.now();
    const auto moment = again ? now : moment_of(terms_, day);
    const auto to = co_await tx.one<account_to_pay>(payouts::sql::account_to_pay, host, unit, moment, day);
    if (!to) co_return std::nullopt;
    const auto open = co_await tx.all<earning>(payouts::sql::open_earnings, host, unit, terms_.payable_from, moment);
    auto w = weigh(to->balance, open);
    if (const auto* const gate = gateways_.find(to->provider); gate && w.payable.minor() > 0)
        w.leave(w.payable - gate->payable(w.payable));
    if (w.payable.minor() <= 0 || w.payable.minor() < amount_in(terms_.minimum, unit)) co_return std::nullopt;

    std::vector<std::optional<booking_id>> bookings;
    std::vector<std::int64_t> parts;
    for (const auto& item : w.items)
    {
        bookings.push_back(item.booking);
        parts.push_back(item.amount.minor());
    }
    const auto id = payout_id::make();
    const auto made =
        co_await tx.one<payout>(payouts::sql::insert_payout, id, host, unit, w.payable.minor(), to->provider,
                                to->destination, day, again ? to->attempts + 1 : 1, now, bookings, parts);
    if (!made) co_return std::nullopt;
    const journal j{.kind = journal_kind::payout_begun, .dedupe_key = "payout " + id.text(), .payout = id, .at = now};
    const parties who{to->provider, host.text()};
    co_await post(tx, j, payout_begun(who, w.payable));
    jobs::enqueue(tx, make_payout, payout_job{id}, now, {.at = {}, .unique = id.text()});
    co_return made;
}

task<result<payout>> payout_service::retry(pg::tx& tx, const identity& who, payout_id id, std::string reason)
{
    const auto now = clock_.now();
    const auto failed = co_await tx.one<payout>(payouts::sql::find_payout, id);
    if (!failed) co_return fail(errc::not_found, "there is no such payout");
    if (failed->status != payout_status::failed)
        co_return fail(errc::wrong_state, std::format("it is {}", name_of(failed->status)));
    const auto today = std::chrono::floor<std::chrono::days>(now);
    const auto made = co_await decide(tx, failed->host, failed->amount.unit(), today, true);
    if (!made) co_return std::unexpected{made.error()};
    if (!*made) co_return fail(errc::wrong_state, "there is nothing to pay, or nowhere to pay it");
    audit(tx, who.user, "payout.retried", id.value, reason, now);
    co_return **made;
}

}  // namespace roost::payments
