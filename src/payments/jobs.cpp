#include "payments/jobs.hpp"

#include "payments/disputes/disputes.hpp"
#include "payments/inbox.hpp"
#include "payments/payouts/payouts.hpp"
#include "payments/receipts/service.hpp"
#include "payments/reconciling.hpp"
#include "payments/service.hpp"
#include "platform/jobs/worker.hpp"

namespace roost::payments {
namespace {

using namespace std::chrono_literals;

constexpr jobs::kind<jobs::nothing> enqueue_due{
    .name = "payments.enqueue_due", .priority = 3, .attempts = 3, .timeout = 30s};
constexpr jobs::kind<jobs::nothing> reconcile{
    .name = "payments.reconcile", .priority = 9, .timeout = std::chrono::minutes{30}};
constexpr jobs::kind<jobs::nothing> issue_missing{
    .name = "payments.issue_missing_receipts", .priority = 9, .timeout = std::chrono::minutes{30}};
constexpr jobs::kind<jobs::nothing> pay_hosts{
    .name = "payments.pay_hosts", .priority = 5, .attempts = 3, .timeout = std::chrono::minutes{30}};
constexpr jobs::kind<jobs::nothing> check_disputes{.name = "payments.check_disputes", .priority = 5, .attempts = 3};
constexpr jobs::kind<jobs::nothing> forget_events{.name = "payments.forget_events", .priority = 9};

}  // namespace

void install_jobs(jobs::worker& w, service& s, inbox& i, reconciler& r, receipt_service& all)
{
    w.on<payment_job>(advance_payment, [&s](jobs::attempt& a, payment_job job) { return s.advance(a, job.payment); });
    w.on<refund_job>(make_refund, [&s](jobs::attempt& a, refund_job job) { return s.pay_back(a, job.refund); });
    w.on<jobs::nothing>(enqueue_due, [&s](jobs::attempt&, jobs::nothing) { return s.enqueue_due(); });
    w.every(5s, enqueue_due);
    w.on<jobs::nothing>(forget_events, [&i](jobs::attempt&, jobs::nothing) { return i.forget_old(); });
    w.every(1h, forget_events);
    w.on<jobs::nothing>(reconcile, [&r](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        const auto done = co_await r.reconcile_latest();
        if (!done) co_return std::unexpected{done.error()};
        co_return result<void>{};
    });
    w.every(24h, reconcile);
    w.on<jobs::nothing>(issue_missing, [&all](jobs::attempt&, jobs::nothing) { return all.issue_missing(); });
    w.every(24h, issue_missing);
}

void install_payout_jobs(jobs::worker& w, payout_service& p, dispute_service& d)
{
    w.on<payout_job>(make_payout, [&p](jobs::attempt& a, payout_job job) { return p.pay(a, job.payout); });
    w.on<dispute_job>(check_dispute, [&d](jobs::attempt& a, dispute_job job) {
        return d.check(a, job.provider, std::move(job.reference));
    });
    w.on<jobs::nothing>(pay_hosts, [&p](jobs::attempt&, jobs::nothing) { return p.run_due(); });
    w.every(5min, pay_hosts);
    w.on<jobs::nothing>(check_disputes, [&d](jobs::attempt&, jobs::nothing) { return d.enqueue_due(); });
    w.every(10min, check_disputes);
}

void enqueue_check(pg::tx& tx, provider p, const std::string& dispute, instant now)
{
    const dispute_job job{p, dispute};
    jobs::enqueue(tx, check_dispute, job, now, {.at = {}, .unique = std::string{name_of(p)} + " " + dispute});
}

}  // namespace roost::payments
