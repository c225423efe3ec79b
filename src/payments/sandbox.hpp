#pragma once
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "payments/gateway.hpp"
#include "platform/pg/database.hpp"

namespace roost::http {
class api;
}
namespace roost::jobs {
class worker;
}

/// A provider that needs no account and moves no money, for development and tests. It stands for one outside: it has
/// rows of its own, a page where the guest decides, and tells what happened by signed events.
namespace roost::payments {

class inbox;

std::unique_ptr<gateway> make_sandbox(pg::database& db, const clock& c);

/// /sandbox/pay/…, where the guest pays.
void install_sandbox_page(http::api& a, pg::database& db, const clock& c);
/// What the sandbox tells, it tells to the inbox, some time later.
void install_sandbox_jobs(jobs::worker& w, pg::database& db, const clock& c, inbox& to);

enum class sandbox_state : std::uint8_t
{
    open,
    second_step,
    processing,  // the money is on its way, and nobody can call it back
    authorized,
    succeeded,
    failed,
    cancelled,
    disputed,  // it succeeded, and the payer wants it back from the bank
    dispute_won,
    dispute_lost,
};
constexpr auto names_of(sandbox_state)
{
    return std::to_array<std::string_view>({"open", "second_step", "processing", "authorized", "succeeded", "failed",
                                            "cancelled", "disputed", "dispute_won", "dispute_lost"});
}

constexpr bool is_dispute(sandbox_state s) { return s >= sandbox_state::disputed; }

using sandbox_charge_id = id<struct sandbox_charge_tag>;

struct sandbox_charge
{
    sandbox_charge_id id;
    std::string token, description;
    money amount, captured, disputed;
    bool manual;
    sandbox_state state;
    std::optional<std::string> reason;

    static constexpr auto fields =
        schema::fields(field<&sandbox_charge::id>("id"), field<&sandbox_charge::token>("token"),
                       field<&sandbox_charge::description>("description"), field<&sandbox_charge::amount>("amount"),
                       field<&sandbox_charge::captured>("captured"), field<&sandbox_charge::disputed>("disputed"),
                       field<&sandbox_charge::manual>("manual"), field<&sandbox_charge::state>("state"),
                       field<&sandbox_charge::reason>("reason"));
};

/// Something that happened to a charge, or to the dispute or payout that it names, to be told.
struct sandbox_event
{
    std::string id, kind;
    std::optional<std::string> charge, dispute, payout;

    static constexpr auto fields = schema::fields(field<&sandbox_event::id>("id", schema::length{1, 200}),
                                                  field<&sandbox_event::kind>("kind", schema::length{1, 200}),
                                                  field<&sandbox_event::charge>("charge", schema::length{1, 200}),
                                                  field<&sandbox_event::dispute>("dispute", schema::length{1, 200}),
                                                  field<&sandbox_event::payout>("payout", schema::length{1, 200}));
};

/// In the transaction of what happened.
void tell(pg::tx& tx, const sandbox_charge& c, instant now);

}  // namespace roost::payments
