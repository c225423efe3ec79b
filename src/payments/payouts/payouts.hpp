#pragma once
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "payments/gateway.hpp"
#include "payments/payouts/earnings.hpp"
#include "payments/payouts/resources.hpp"
#include "platform/auth/identity.hpp"
#include "platform/jobs/jobs.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

struct payout_row;

/// Pays hosts what is payable, in batches (domain rules, 4.10). A payout is money on its way from the moment it is
/// decided; whatever comes of it, every unit is in the host's balance, on its way, or with the host.
class payout_service
{
    pg::database& db_;
    const clock& clock_;
    const gateways& gateways_;
    payout_terms terms_;

    task<result<std::optional<payout>>> decide(pg::tx& tx, user_id host, currency unit, date day, bool again);
    task<std::optional<payout_row>> take(pg::tx& tx, payout_id id);
    task<> end(pg::tx& tx, const payout_row& p, const payout_answer& said);

public:
    payout_service(pg::database& db, const clock& c, const gateways& g, payout_terms t)
        : db_{db}, clock_{c}, gateways_{g}, terms_{std::move(t)}
    {}

    /// Where one's own money goes, for each currency.
    task<result<std::vector<payout_account>>> accounts(const identity& who);
    /// errc::invalid_input where the provider pays nobody, or the destination cannot be one. Money waits before it goes
    /// to another destination than before.
    task<result<payout_account>> set_account(pg::tx& tx, const identity& who, new_payout_account asked);
    task<result<void>> drop_accounts(pg::tx& tx, const identity& who, std::optional<currency> unit);
    task<result<std::vector<host_balance>>> balance(const identity& who);

    /// The batch of a day whose moment has come: one payout for each host and currency, however often and by how many
    /// it is run. How many it has made. errc::invalid_input for a day to come.
    task<result<int>> run(date day);
    /// The last batch, unless it is done.
    task<result<void>> run_due();
    /// An admin's: what the host of a failed payout is owed now is paid today. errc::wrong_state when it has not failed
    /// or nothing can be paid.
    task<result<payout>> retry(pg::tx& tx, const identity& who, payout_id id, std::string reason);

    /// Asks the provider to pay, or how it stands. For a job.
    task<result<void>> pay(jobs::attempt& a, payout_id id);
};

}  // namespace roost::payments
