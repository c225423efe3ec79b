#include "payments/paypal/gateway.hpp"

#include <format>

#include "accounts/user.hpp"
#include "payments/paypal/amounts.hpp"
#include "payments/paypal/api.hpp"
#include "payments/paypal/disputes.hpp"
#include "payments/paypal/events.hpp"
#include "payments/paypal/orders.hpp"
#include "payments/paypal/payouts.hpp"

namespace roost::payments::paypal {
namespace {

constexpr std::string_view orders = "/v2/checkout/orders", no_body = "{}";

/// The order as it was seen, if it was.
struct seen
{
    payments::outcome outcome;
    std::optional<order> found = {};
};

template <class T>
bool is(const seen& s)
{
    return std::holds_alternative<T>(s.outcome);
}

bool is_approved(const seen& s) { return is<still_pending>(s) && s.found->status == "APPROVED"; }

class paypal_gateway : public gateway
{
    const clock& clock_;
    std::string site_;
    api api_;
    events events_;

    new_order order_of(const charge& c, std::string amount) const
    {
        const auto id = c.id.text();
        const auto back = std::format("{}/bookings/{}", site_, c.booking.text());
        // Nights are kept for minutes, so what clears after days is not offered.
        experience how{.user_action = "PAY_NOW",
                       .shipping_preference = "NO_SHIPPING",
                       .payment_method_preference = "IMMEDIATE_PAYMENT_REQUIRED",
                       .landing_page = c.method == payment_method::card ? "GUEST_CHECKOUT" : "LOGIN",
                       .return_url = back,
                       .cancel_url = back};
        return {c.capture == capture_mode::manual ? "AUTHORIZE" : "CAPTURE",
                {{id, id, {std::string{c.amount.unit().code()}, std::move(amount)}}},
                {{std::move(how)}}};
    }

    static seen understood(reply<order> got, const charge& c)
    {
        // An order that was not approved, or approved and not taken, is forgotten after some hours.
        if (!got && got.error().what == trouble::absent) return {charge_cancelled{}};
        if (!got) return {not_known{std::move(got.error().code)}};
        auto stands = outcome_of(*got, c);
        return {std::move(stands), *std::move(got)};
    }

    task<seen> look(const charge& c)
    {
        auto got = co_await api_.get<order>(std::format("{}/{}", orders, c.reference));
        co_return understood(std::move(got), c);
    }

    /// Takes, or holds, what the guest has approved. An order is taken once, whatever the request's id.
    task<seen> collect(const charge& c, order approved)
    {
        const std::string step = c.capture == capture_mode::manual ? "authorize" : "capture";
        // Anew for each time the guest has approved: under the same id PayPal says again that it was declined.
        auto key = c.key(step + "/" + approved.update_time.value_or(""));
        const auto said = co_await api_.post(std::format("{}/{}/{}", orders, approved.id, step), std::move(key),
                                             std::string{no_body});
        // Either way the order itself says what has become of it: somebody else may have been first.
        auto now = co_await look(c);
        if (!said && is_approved(now)) now.outcome = outcome_of(said.error(), now.found->links);
        co_return now;
    }

    /// Does something to what is held.
    task<seen> act(const charge& c, const order& o, std::string verb, std::string body)
    {
        auto path = std::format("/v2/payments/authorizations/{}/{}", authorization_of(o)->id, verb);
        const auto said = co_await api_.post(std::move(path), c.key("authorization/" + verb), std::move(body));
        auto now = co_await look(c);
        if (is<money_held>(now))
            now.outcome = said ? not_known{"it is held all the same"} : outcome_of(said.error(), {});
        co_return now;
    }

    /// Gives up what is held. As long as it is held, nothing has come to an end.
    task<seen> let_go(const charge& c, const order& o)
    {
        auto now = co_await act(c, o, "void", std::string{no_body});
        if (!now.found || is_held(*now.found)) now.outcome = not_known{"what is held is not let go"};
        co_return now;
    }

public:
    paypal_gateway(outbound::client& c, const clock& now, const paypal_settings& how, std::string site,
                   const std::string& ca_file, std::chrono::milliseconds timeout)
        : clock_{now}, site_{std::move(site)}, api_{c, how, ca_file, timeout}, events_{c, now, how, ca_file, timeout}
    {}

    bool takes(payment_method m, currency c) const override
    {
        return (m == payment_method::paypal || m == payment_method::card) && moves(c);
    }
    bool can_hold() const override { return true; }
    money payable(money m) const override { return most_of(m); }

    task<answer> begin(charge c) override
    {
        auto amount = written(c.amount);
        if (!amount) co_return answer{{}, charge_failed{"amount_not_supported"}};
        auto body = schema::to_json(order_of(c, *std::move(amount)));
        auto got = co_await api_.make<order>(std::string{orders}, c.key("begin"), std::move(body));
        if (!got && got.error().what == trouble::refused)
            co_return answer{{}, charge_failed{reason_of(std::move(got.error().code))}};
        if (!got) co_return answer{{}, not_known{std::move(got.error().code)}};
        co_return answer{got->id, outcome_of(*got, c)};
    }

    task<answer> query(charge c) override
    {
        auto now = co_await look(c);
        if (c.wanted && is_approved(now)) now = co_await collect(c, *now.found);
        co_return answer{c.reference, std::move(now.outcome)};
    }

    task<answer> capture(charge c) override
    {
        auto now = co_await look(c);
        if (is<money_held>(now)) now = co_await act(c, *now.found, "capture", R"({"final_capture":true})");
        // What PayPal refuses to give us is not kept from the guest either.
        if (is<charge_failed>(now) && now.found && is_held(*now.found))
        {
            auto gone = co_await let_go(c, *now.found);
            if (is<not_known>(gone)) now.outcome = std::move(gone.outcome);
        }
        co_return answer{c.reference, std::move(now.outcome)};
    }

    task<answer> cancel(charge c) override
    {
        auto now = co_await look(c);
        if (now.found && is_held(*now.found)) now = co_await let_go(c, *now.found);
        co_return answer{c.reference, std::move(now.outcome)};
    }

    task<refund_answer> refund(refund_request r) override
    {
        const auto amount = written(r.amount);
        if (!amount) co_return refund_answer{refund_status::failed, {}, "amount_not_supported"};
        if (!r.reference.empty())
        {
            const auto got = co_await api_.get<movement>("/v2/payments/refunds/" + r.reference);
            co_return got ? answer_of(*got, r.amount) : answer_of(got.error());
        }
        const auto now = co_await look(r.of);
        const auto* const taken = now.found ? capture_of(*now.found) : nullptr;
        if (!taken) co_return refund_answer{{}, {}, "the capture is not known"};
        const auto id = r.id.text();
        // PayPal forgets a request's id after 45 days; that a refund was made it does not forget.
        if (const auto* const made = refund_of(*now.found, id)) co_return answer_of(*made, r.amount);
        const new_refund asked{{std::string{r.amount.unit().code()}, *amount}, id, id};
        const auto got = co_await api_.make<movement>(std::format("/v2/payments/captures/{}/refund", taken->id),
                                                      "refund/" + id, schema::to_json(asked));
        co_return got ? answer_of(*got, r.amount) : answer_of(got.error());
    }

    task<result<provider_event>> read_event(event_request e) override { co_return co_await events_.read(std::move(e)); }

    bool pays_out() const override { return true; }
    bool is_destination(std::string_view d) const override { return d.size() <= 127 && email_format.check(d); }
    task<payout_answer> pay_out(payout_request r) override
    {
        co_return co_await pay_host(api_, std::move(r), clock_.now());
    }

    task<std::optional<dispute_seen>> query_dispute(std::string reference) override
    {
        co_return co_await dispute_of(api_, std::move(reference));
    }
};

}  // namespace
}  // namespace roost::payments::paypal

namespace roost::payments {

std::unique_ptr<gateway> make_paypal(outbound::client& c, const clock& now, const paypal_settings& how,
                                     std::string site, const std::string& ca_file, std::chrono::milliseconds timeout)
{
    return std::make_unique<paypal::paypal_gateway>(c, now, how, std::move(site), ca_file, timeout);
}

}  // namespace roost::payments
