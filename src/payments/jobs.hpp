#pragma once
#include "payments/payment.hpp"
#include "platform/jobs/jobs.hpp"

namespace roost::jobs {
class worker;
}

namespace roost::payments {

class service;
class inbox;
class reconciler;

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

/// Asks the provider how a payment stands, or to do what has become due. What fails is taken up again by the sweep.
inline constexpr jobs::kind<payment_job> advance_payment{
    .name = "payments.advance", .priority = 3, .attempts = 3, .timeout = std::chrono::seconds{60}};
/// Gives money back. Tried for weeks before it is given up.
inline constexpr jobs::kind<refund_job> make_refund{
    .name = "payments.refund", .priority = 3, .attempts = 500, .timeout = std::chrono::seconds{60}};

void install_jobs(jobs::worker& w, service& s, inbox& i, reconciler& r);

}  // namespace roost::payments
