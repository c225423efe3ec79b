#include "payments/sandbox.hpp"

#include <algorithm>
#include <format>

#include "payments/inbox.hpp"
#include "payments/queries.hpp"
#include "payments/signature.hpp"
#include "platform/auth/crypto.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/schema/json.hpp"

namespace roost::payments {
namespace {

/// What it keeps of every payment.
constexpr int fee_basis_points = 100;
/// And of every dispute, in minor units.
constexpr std::int64_t dispute_fee = 1'500;
constexpr std::string_view signature_header = "Roost-Sandbox-Signature";

constexpr jobs::kind<sandbox_event> tell_event{.name = "payments.sandbox_event", .priority = 4};

outcome outcome_of(const sandbox_charge& c)
{
    switch (c.state)
    {
        case sandbox_state::open:
        case sandbox_state::second_step:
            return action_required{{action_kind::redirect, "/sandbox/pay/" + c.token, {}, {}}};
        case sandbox_state::processing: return still_pending{};
        case sandbox_state::authorized: return money_held{c.amount};
        case sandbox_state::disputed:
        case sandbox_state::dispute_won:
        case sandbox_state::dispute_lost:
        case sandbox_state::succeeded: return money_taken{c.captured, c.captured.basis_points(fee_basis_points)};
        case sandbox_state::failed: return charge_failed{c.reason.value_or("failed")};
        case sandbox_state::cancelled: break;
    }
    return charge_cancelled{};
}

answer answer_of(const std::optional<sandbox_charge>& c)
{
    if (!c) return {{}, charge_failed{"no_such_charge"}};
    return {c->id.text(), outcome_of(*c)};
}

/// What a payout does, by its destination: any other arrives at once.
constexpr std::string_view fails = "fails";      // is refused
constexpr std::string_view slow = "slow";        // is on its way until it is asked for again
constexpr std::string_view unknown = "unknown";  // arrives, but nobody hears of it until it is asked for again
constexpr std::string_view lost = "lost";        // is not heard of until it is asked for again
constexpr std::string_view returns = "returns";  // arrives, and comes back a moment later

enum class sandbox_payout_state : std::uint8_t
{
    waiting,
    paid,
    failed,
    returned,
};
constexpr auto names_of(sandbox_payout_state)
{
    return std::to_array<std::string_view>({"waiting", "paid", "failed", "returned"});
}

struct sandbox_payout
{
    int asked;
    sandbox_payout_state state;

    static constexpr auto fields =
        schema::fields(field<&sandbox_payout::asked>("asked"), field<&sandbox_payout::state>("state"));
};

sandbox_payout_state first_state(std::string_view destination)
{
    if (destination == fails) return sandbox_payout_state::failed;
    const bool waits = destination == slow || destination == lost;
    return waits ? sandbox_payout_state::waiting : sandbox_payout_state::paid;
}

payout_answer answer_of(const sandbox_payout& p, const payout_request& r)
{
    const auto reference = "po_" + r.id.text();
    if (p.asked == 1 && (r.destination == unknown || r.destination == lost)) return {{}, {}, "no answer"};
    switch (p.state)
    {
        case sandbox_payout_state::waiting: return {payout_status::pending, reference, "it is on its way"};
        case sandbox_payout_state::paid: return {payout_status::paid, reference, {}};
        case sandbox_payout_state::returned: return {payout_status::failed, reference, "returned"};
        case sandbox_payout_state::failed: break;
    }
    return {payout_status::failed, reference, "account_closed"};
}

constexpr std::string_view dispute_prefix = "dp_";

dispute_status status_of(sandbox_state s)
{
    if (s == sandbox_state::dispute_won) return dispute_status::won;
    return s == sandbox_state::dispute_lost ? dispute_status::lost : dispute_status::open;
}

class sandbox : public gateway
{
    pg::database& db_;
    const clock& clock_;

    static uuid id_in(const charge& c) { return uuid::parse(c.reference).value_or(uuid{}); }

public:
    sandbox(pg::database& db, const clock& c) : db_{db}, clock_{c} {}

    bool takes(payment_method, currency) const override { return true; }
    bool can_hold() const override { return true; }

    task<answer> begin(charge c) override
    {
        co_return answer_of(co_await db_.one<sandbox_charge>(
            sql::sandbox_begin, uuid::v7(), c.key("begin"), auth::base64url(auth::random_bytes(18)),
            std::format("Payment {}", c.id.text()), c.amount.unit(), c.amount.minor(),
            c.capture == capture_mode::manual, clock_.now()));
    }

    task<answer> query(charge c) override
    {
        co_return answer_of(co_await db_.one<sandbox_charge>(sql::sandbox_charge_of, id_in(c)));
    }

    task<answer> capture(charge c) override
    {
        co_await db_.run(sql::sandbox_capture, id_in(c));
        co_return co_await query(std::move(c));
    }

    task<answer> cancel(charge c) override
    {
        co_await db_.run(sql::sandbox_cancel, id_in(c));
        co_return co_await query(std::move(c));
    }

    task<refund_answer> refund(refund_request r) override
    {
        const auto done =
            co_await db_.one<bool>(sql::sandbox_refund, uuid::v7(), r.id.text(), id_in(r.of), r.amount.minor());
        if (*done) co_return refund_answer{refund_status::succeeded, r.id.text(), {}};
        co_return refund_answer{refund_status::failed, {}, "more_than_was_taken"};
    }

    bool pays_out() const override { return true; }
    bool is_destination(std::string_view d) const override
    {
        return std::ranges::all_of(d,
                                   [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    }

    task<payout_answer> pay_out(payout_request r) override
    {
        const auto now = clock_.now();
        const auto done = co_await db_.transaction([&](pg::tx& tx) -> task<result<sandbox_payout>> {
            auto p = co_await tx.one<sandbox_payout>(sql::sandbox_pay_out, uuid::v7(), r.id.text(), r.destination,
                                                     r.amount.unit(), r.amount.minor(), first_state(r.destination));
            if (p->asked == 1 && r.destination == returns)
            {
                const sandbox_event e{uuid::v7().text(), "payout.returned", {}, {}, r.id.text()};
                jobs::enqueue(tx, tell_event, e, now);
            }
            co_return *p;
        });
        co_return answer_of(done.value(), r);
    }

    task<std::optional<dispute_seen>> query_dispute(std::string reference) override
    {
        if (!reference.starts_with(dispute_prefix)) co_return std::nullopt;
        const auto id = uuid::parse(std::string_view{reference}.substr(dispute_prefix.size()));
        if (!id) co_return std::nullopt;
        const auto c = co_await db_.one<sandbox_charge>(sql::sandbox_charge_of, *id);
        if (!c || !is_dispute(c->state)) co_return std::nullopt;
        dispute_seen seen{
            c->id.text(), c->disputed, {dispute_fee, c->amount.unit()}, status_of(c->state), "fraudulent"};
        co_return seen;
    }

    bool lists_charges() const override { return true; }

    task<std::optional<charge_page>> charges(instant from, instant to, std::string cursor) override
    {
        constexpr std::size_t page_size = 500;
        const auto after = uuid::parse(cursor).value_or(uuid{});
        charge_page page;
        page.charges = co_await db_.all<listed_charge>(sql::sandbox_charges, from, to, after,
                                                       static_cast<std::int32_t>(page_size));
        if (page.charges.size() == page_size) page.next = page.charges.back().reference;
        co_return page;
    }

    task<result<provider_event>> read_event(event_request e) override
    {
        const auto secrets = co_await db_.all<std::string>(sql::sandbox_secrets);
        const auto signature = e.header(signature_header);
        if (!signature || !is_signed(*signature, e.body, secrets, clock_.now()))
            co_return fail(errc::invalid_credentials, "the event is not signed as it must be");
        auto event = schema::from_json<sandbox_event>(e.body);
        if (!event) co_return fail(errc::malformed, "this is no event");
        provider_event told{.id = std::move(event->id), .kind = std::move(event->kind), .reference = {}};
        if (event->charge)
            told.reference = *std::move(event->charge);
        else if (event->dispute)
            told.about = event_subject::dispute, told.reference = *std::move(event->dispute);
        else if (event->payout)
            told.about = event_subject::payout, told.reference = *std::move(event->payout);
        else
            co_return fail(errc::malformed, "this event is about nothing");
        co_return told;
    }
};

}  // namespace

std::unique_ptr<gateway> make_sandbox(pg::database& db, const clock& c) { return std::make_unique<sandbox>(db, c); }

void tell(pg::tx& tx, const sandbox_charge& c, instant now)
{
    sandbox_event e{uuid::v7().text(), std::format("charge.{}", name_of(c.state)), {}, {}, {}};
    if (is_dispute(c.state))
        e.dispute = std::string{dispute_prefix} + c.id.text();
    else
        e.charge = c.id.text();
    jobs::enqueue(tx, tell_event, e, now);
}

void install_sandbox_jobs(jobs::worker& w, pg::database& db, const clock& c, inbox& to)
{
    w.on<sandbox_event>(tell_event, [&](jobs::attempt&, sandbox_event e) -> task<result<void>> {
        event_request told{.body = schema::to_json(e), .path = {}, .header = {}};
        const auto secret = co_await db.one<std::string>(sql::sandbox_secrets);
        const auto signature = sign(secret.value(), told.body, c.now());
        told.header = [&](std::string_view name) {
            return name == signature_header ? std::optional<std::string_view>{signature} : std::nullopt;
        };
        co_return co_await to.receive(provider::sandbox, std::move(told));
    });
}

}  // namespace roost::payments
