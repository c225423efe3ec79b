#pragma once
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "payments/admin/resources.hpp"
#include "payments/payouts/earnings.hpp"
#include "platform/auth/identity.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

/// What admins do about money by hand. Each is in the record of who did what (audit), in its transaction.
class admin_service
{
    const clock& clock_;
    amounts alone_;

    static task<> post_adjustment(pg::tx& tx, const adjustment& a, instant now);

public:
    /// `alone`: up to how much one admin may adjust without a second one.
    admin_service(const clock& c, amounts alone) : clock_{c}, alone_{std::move(alone)} {}

    /// Posts an entry between two accounts, or proposes it where a second admin has to approve. errc::invalid_input
    /// where an account's owner is missing or is nobody.
    task<result<adjustment>> adjust(pg::tx& tx, const identity& who, new_adjustment asked);
    /// Posts what another admin has proposed. errc::not_allowed for one's own, wrong_state when it is decided.
    task<result<adjustment>> approve(pg::tx& tx, const identity& who, adjustment_id id, std::string reason);
    /// One's own too.
    task<result<adjustment>> refuse(pg::tx& tx, const identity& who, adjustment_id id, std::string reason);

    /// From now on no payout of it is begun, and one that was not asked of its provider yet is not. errc::wrong_state
    /// when it is held.
    task<result<hold>> place_hold(pg::tx& tx, const identity& who, new_hold asked);
    task<result<void>> release_hold(pg::tx& tx, const identity& who, hold_id id, std::string reason);

    /// Asks for a refund again that its provider has refused. errc::wrong_state when it was not refused.
    task<result<refund>> retry_refund(pg::tx& tx, const identity& who, refund_id id, std::string reason);
};

}  // namespace roost::payments
