#pragma once
#include <string>

#include "payments/payment.hpp"
#include "platform/jobs/jobs.hpp"

namespace roost::jobs {
class worker;
}

namespace roost::payments {

class service;
class inbox;
class reconciler;
class receipt_service;
class payout_service;
class dispute_service;

struct payment_job
{
    payment_id payment;

    static constexpr auto fields = schema::fields(schema::field<&payment_job::payment>("payment_id"));
};

struct refund_job
{
    refund_id refund;

    static constexpr auto fields = schema::fields(schema::field<&refund_job::refund>("refund_id"));
};

struct payout_job
{
    payout_id payout;

    static constexpr auto fields = schema::fields(schema::field<&payout_job::payout>("payout_id"));
};

struct dispute_job
{
    payments::provider provider;
    std::string reference;

    static constexpr auto fields = schema::fields(schema::field<&dispute_job::provider>("provider"),
                                                  schema::field<&dispute_job::reference>("reference"));
};

/// Asks the provider how a payment stands, or to do what has become due. What fails is taken up again by the sweep.
inline constexpr jobs::kind<payment_job> advance_payment{
    .name = "payments.advance", .priority = 3, .attempts = 3, .timeout = std::chrono::seconds{60}};
/// Gives money back. Tried for weeks before it is given up.
inline constexpr jobs::kind<refund_job> make_refund{
    .name = "payments.refund", .priority = 3, .attempts = 500, .timeout = std::chrono::seconds{60}};

/// Pays a host. Likewise.
inline constexpr jobs::kind<payout_job> make_payout{
    .name = "payments.payout", .priority = 3, .attempts = 500, .timeout = std::chrono::seconds{60}};
/// Asks the provider how a dispute stands. What fails is asked for again some hours later, once it is known.
inline constexpr jobs::kind<dispute_job> check_dispute{
    .name = "payments.dispute", .priority = 3, .attempts = 50, .timeout = std::chrono::seconds{60}};
void enqueue_check(pg::tx& tx, provider p, const std::string& dispute, instant now);

void install_jobs(jobs::worker& w, service& s, inbox& i, reconciler& r, receipt_service& all);
void install_payout_jobs(jobs::worker& w, payout_service& p, dispute_service& d);

}  // namespace roost::payments
