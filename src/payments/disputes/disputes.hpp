#pragma once
#include "bookings/payable.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "payments/gateway.hpp"
#include "payments/receipts/service.hpp"
#include "platform/jobs/jobs.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

struct dispute_row;
struct payment_row;

/// Disputes as providers tell of them. While one is open nothing of its booking is paid out, and what the provider took
/// back lies in reserve; won, it is as if nothing had happened but the fee; lost, the money has gone back to the guest.
class dispute_service
{
    pg::database& db_;
    const clock& clock_;
    const gateways& gateways_;
    const receipt_service& receipts_;

    task<result<void>> hear(pg::tx& tx, payment_id of, provider p, const std::string& reference,
                            const dispute_seen& seen);
    task<> lose(pg::tx& tx, bookings::payable& b, payment_row& p, dispute_row& d, instant now);

public:
    dispute_service(pg::database& db, const clock& c, const gateways& g, const receipt_service& r)
        : db_{db}, clock_{c}, gateways_{g}, receipts_{r}
    {}

    // For jobs.

    /// Asks the provider how a dispute stands, which may be a new one.
    task<result<void>> check(jobs::attempt& a, provider p, std::string reference);
    task<result<void>> enqueue_due();
};

}  // namespace roost::payments
