#include <algorithm>
#include <format>
#include <vector>

#include "payments/queries.hpp"
#include "payments/sandbox.hpp"
#include "platform/http/api.hpp"
#include "platform/http/problem.hpp"

namespace roost::payments {
namespace {

constexpr std::string_view place = "/sandbox/pay/";

/// What the guest may do with a charge, and what it becomes; approving what is to be held only holds it.
struct choice
{
    sandbox_state from;
    std::string_view name, label;
    sandbox_state to;
    std::string_view reason = {};
};

constexpr auto choices = std::to_array<choice>({
    {sandbox_state::open, "approve", "Pay", sandbox_state::succeeded},
    {sandbox_state::open, "second_step", "Pay, and be asked for a second step", sandbox_state::second_step},
    {sandbox_state::open, "later", "Pay by something that takes its time", sandbox_state::processing},
    {sandbox_state::open, "decline", "Decline", sandbox_state::failed, "declined"},
    {sandbox_state::open, "time_out", "Let it time out", sandbox_state::failed, "timed_out"},
    {sandbox_state::second_step, "approve", "It is me", sandbox_state::succeeded},
    {sandbox_state::second_step, "decline", "It is not me", sandbox_state::failed, "authentication_failed"},
    {sandbox_state::processing, "arrive", "The money arrives", sandbox_state::succeeded},
    {sandbox_state::processing, "fail", "It does not", sandbox_state::failed, "not_received"},
    {sandbox_state::succeeded, "dispute", "Ask the bank for the money back", sandbox_state::disputed},
    {sandbox_state::disputed, "lose", "The bank gives it back", sandbox_state::dispute_lost},
    {sandbox_state::disputed, "win", "The bank does not", sandbox_state::dispute_won},
});

std::string_view said_of(sandbox_state s)
{
    switch (s)
    {
        case sandbox_state::open: return "How shall this payment go?";
        case sandbox_state::second_step: return "Your bank wants to know whether it is you.";
        case sandbox_state::processing: return "The payment is on its way.";
        case sandbox_state::authorized: return "Done. The money is held until the host has answered.";
        case sandbox_state::succeeded: return "Done. The payment went through.";
        case sandbox_state::failed: return "The payment failed.";
        case sandbox_state::disputed: return "The bank is asked to give the money back.";
        case sandbox_state::dispute_won: return "The bank has not given the money back.";
        case sandbox_state::dispute_lost: return "The bank has given the money back.";
        case sandbox_state::cancelled: break;
    }
    return "The payment was cancelled.";
}

constexpr std::string_view page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox payment</title>
<style>
body{{margin:0;padding:1rem;background:#f4f4f2;color:#222;font:16px/1.5 system-ui,sans-serif}}
main{{max-width:26rem;margin:4vh auto 0;padding:1.5rem;background:#fff;border:1px solid #ddd;border-radius:.6rem;
box-sizing:border-box;overflow-wrap:anywhere}}
h1{{font-size:1rem;font-weight:400;color:#595959;margin:0}}p{{margin:.25rem 0}}small{{color:#595959}}
.amount{{font-size:2rem;font-weight:600;line-height:1.3}}
[role=status]{{margin:1.25rem 0;padding:.75rem 1rem;border-radius:.4rem;background:#f4f4f2}}
[data-state=succeeded],[data-state=authorized],[data-state=dispute_won]{{background:#e2f3ec}}
[data-state=failed],[data-state=cancelled],[data-state=dispute_lost]{{background:#fbe9e7}}
button{{font:inherit;display:block;width:100%;min-height:3rem;padding:.5rem .75rem;margin:.6rem 0;border:1px solid #0b5d4b;
border-radius:.4rem;background:#fff;color:#0b5d4b;cursor:pointer}}
[data-state=open]~form>:first-child,[data-state=second_step]~form>:first-child{{background:#0b5d4b;color:#fff}}
button:hover{{border-color:#000}}
button:focus-visible{{outline:3px solid #e08a00;outline-offset:2px}}
</style>
</head>
<body>
<main>
<h1>Sandbox payment</h1>
<p class="amount">{0}</p>
<p>{1}</p>
<p role="status" data-state="{2}">{3}</p>
<form method="post" aria-label="What shall happen">{4}</form>
<p><small>For development: no money moves.</small></p>
</main>
</body>
</html>
)";

std::string amount_text(money m)
{
    const auto exponent = static_cast<std::size_t>(m.unit().exponent());
    auto digits = std::format("{:0{}}", m.minor(), exponent + 1);
    if (exponent > 0) digits.insert(digits.size() - exponent, ".");
    return std::format("{} {}", digits, m.unit().code());
}

http::response shown(const sandbox_charge& c)
{
    std::string buttons;
    for (const auto& choice : choices)
        if (choice.from == c.state)
            buttons += std::format(R"(<button name="choice" value="{}">{}</button>)", choice.name, choice.label);
    http::response r;
    r.content_type = "text/html; charset=utf-8";
    r.body = std::format(page, amount_text(c.amount), c.description, name_of(c.state), said_of(c.state), buttons);
    r.set("Cache-Control", "no-store");
    r.set("Content-Security-Policy",
          "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'");
    r.set("Referrer-Policy", "no-referrer");
    r.set("X-Robots-Tag", "noindex");
    return r;
}

const choice* chosen(sandbox_state at, std::string_view body)
{
    const auto it = std::ranges::find_if(choices, [&](const choice& c) {
        return c.from == at && body.starts_with("choice=") && body.substr(7) == c.name;
    });
    return it == choices.end() ? nullptr : &*it;
}

task<http::response> decide(pg::database& db, const clock& clk, const sandbox_charge& c, const http::request& r)
{
    const auto* what = chosen(c.state, r.body);
    if (!what) co_return http::problem(error{errc::invalid_input, "that is none of the choices", {}, {}}, r);
    const bool held = c.manual && what->to == sandbox_state::succeeded;
    const auto to = held ? sandbox_state::authorized : what->to;
    const auto reason = what->reason.empty() ? std::nullopt : std::optional{what->reason};
    co_await db.transaction([&](pg::tx& tx) -> task<result<void>> {
        const auto now = clk.now();
        const auto done = co_await tx.one<sandbox_charge>(sql::sandbox_decide, c.token, c.state, to, reason);
        if (done) tell(tx, *done, now);
        co_return result<void>{};
    });
    http::response see_other{.status = 303};
    see_other.set("Location", std::string{place} + c.token);
    see_other.set("Cache-Control", "no-store");
    co_return see_other;
}

task<http::response> answer_page(pg::database& db, const clock& clk, const http::request& r)
{
    const auto c = co_await db.one<sandbox_charge>(sql::sandbox_charge_at, r.path.substr(place.size()));
    if (!c) co_return http::problem(error{errc::not_found, "there is no such payment", {}, {}}, r);
    if (r.method == http::method::post) co_return co_await decide(db, clk, *c, r);
    co_return shown(*c);
}

}  // namespace

void install_sandbox_page(http::api& a, pg::database& db, const clock& c)
{
    a.raw_below(std::string{place}, std::string{place} + "{token}",
                [&db, &c](const http::request& r) { return answer_page(db, c, r); },
                {http::method::get, http::method::post});
}

}  // namespace roost::payments
