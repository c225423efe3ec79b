#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/dates.hpp"
#include "core/error.hpp"
#include "core/money.hpp"
#include "payments/payment.hpp"
#include "payments/resources.hpp"
#include "platform/task.hpp"

/// What is asked of a provider of payments and what it answers, whoever it is.
namespace roost::payments {

/// One payment as its provider needs to know it.
struct charge
{
    payment_id id;
    booking_id booking;
    money amount;
    payment_method method;
    capture_mode capture;
    std::string reference;               // the provider's own; empty before it has answered
    std::optional<std::string> receipt;  // what it told besides in an event, if it does
    std::optional<std::string> payer_email, payer_phone;
    bool repeated = false;  // it was begun before, and perhaps that never went out
    bool wanted = true;     // somebody waits for it

    /// Stable, so that a call that is repeated has one effect.
    std::string key(std::string_view step) const { return id.text() + "/" + std::string{step}; }
};

// What a provider says of a charge. Whatever leaves doubt is `unknown`: a call that was cut off, an answer that cannot
// be read, a fault of the provider's own.

struct still_pending
{};
struct action_required
{
    payments::next_action action;
};
struct money_held
{
    money amount;
};
struct money_taken
{
    money amount, fee;
    std::optional<money> refunded = {};  // of that, if it is told here; for reconciling
};
struct charge_failed
{
    std::string reason;
};
struct charge_cancelled
{};
struct not_known
{
    std::string why;
};

using outcome =
    std::variant<not_known, still_pending, action_required, money_held, money_taken, charge_failed, charge_cancelled>;

struct answer
{
    std::string reference;
    payments::outcome outcome;
};

/// What it says of a refund: nothing as long as it is not decided.
struct refund_answer
{
    std::optional<refund_status> status;
    std::string reference, reason;
};

/// A refund as its provider needs to know it.
struct refund_request
{
    charge of;
    refund_id id;
    money amount;
    std::string reference;  // the provider's own; empty before it has answered
    bool repeated = false;  // it was asked for before, and perhaps that never went out
};

/// Money that goes to a host. What stands for the host is the provider's own word.
struct payout_request
{
    payout_id id;
    money amount;
    std::string destination;
    std::string reference;
    bool repeated = false;
};

/// What it says of a payout: nothing as long as it is not decided.
struct payout_answer
{
    std::optional<payout_status> status;
    std::string reference, reason;
};

/// A payer wants the money back by way of the bank.
struct dispute_seen
{
    std::string charge;  // the provider's reference of the payment
    money amount, fee;   // what the provider took back, and its price for that
    dispute_status status;
    std::string reason;
};

/// A charge as the provider lists it.
struct listed_charge
{
    std::string reference;
    money captured, refunded;

    static constexpr auto fields =
        schema::fields(field<&listed_charge::reference>("reference"), field<&listed_charge::captured>("captured"),
                       field<&listed_charge::refunded>("refunded"));
};

struct charge_page
{
    std::vector<listed_charge> charges;
    std::optional<std::string> next;  // where the next page begins
};

/// What an event is about.
enum class event_subject : std::uint8_t
{
    nothing,  // that matters here
    payment,
    refund,
    payout,
    dispute,
};
constexpr auto names_of(event_subject)
{
    return std::to_array<std::string_view>({"nothing", "payment", "refund", "payout", "dispute"});
}

/// What a provider tells by itself. It says what to ask for and is not believed beyond that.
struct provider_event
{
    std::string id, kind;
    event_subject about = event_subject::payment;
    std::string reference;  // of a payment or dispute the provider's, of a refund or payout ours
    // Where the provider's reference may not be known yet. With a refund that the provider does not tell apart: all of
    // this payment that it has named are meant.
    std::optional<payment_id> payment = {};
    std::optional<std::string> receipt = {};
};

/// An event as it came.
struct event_request
{
    std::string body;       // byte for byte
    std::string path;       // what follows /webhooks/PROVIDER/
    std::string peer = {};  // the address that it came from
    std::function<std::optional<std::string_view>(std::string_view name)> header;
};

/// A provider. Calls bear to be repeated; none is made while a transaction is open.
class gateway
{
public:
    gateway() = default;
    gateway(const gateway&) = delete;
    virtual ~gateway() = default;

    virtual bool takes(payment_method m, currency c) const = 0;
    /// Whether money can be held first and taken later.
    virtual bool can_hold() const = 0;
    /// Whether it could begin this one: asked before anything of it is kept.
    virtual result<void> check(const charge&) const { return {}; }

    /// As much of it as it can send out at a time.
    virtual money payable(money m) const { return m; }

    virtual task<answer> begin(charge c) = 0;
    /// Where it is up to us to take what the payer has approved, that is done, if somebody waits for it.
    virtual task<answer> query(charge c) = 0;
    /// Takes what is held. Answers how the charge stands then, as do all of these.
    virtual task<answer> capture(charge c) = 0;
    /// Lets go what is held, or ends what has not come to anything. The answer may be that it is too late.
    virtual task<answer> cancel(charge c) = 0;
    /// Also when it is repeated long after the provider has forgotten the key: then it is looked for first. One that
    /// has a reference is only looked at, and nothing is sent.
    virtual task<refund_answer> refund(refund_request r) = 0;

    /// Whether its events come to addresses of their own below /webhooks/PROVIDER/.
    virtual bool has_own_addresses() const { return false; }
    /// What it wants to hear once an event is kept.
    virtual std::string_view thanks() const { return "{}"; }
    /// errc::invalid_credentials when it is not the provider's own, errc::malformed when it cannot be read. Keeps what
    /// the provider tells once and cannot be asked for.
    virtual task<result<provider_event>> read_event(event_request e) = 0;

    /// Whether it pays hosts. Where it does not, the rest is never asked of it.
    virtual bool pays_out() const { return false; }
    /// Whether `destination` can be one.
    virtual bool is_destination(std::string_view) const { return false; }
    /// As refund().
    virtual task<payout_answer> pay_out(payout_request)
    {
        co_return payout_answer{payout_status::failed, {}, "not_offered"};
    }

    /// Nothing when there is none, or it is not known.
    virtual task<std::optional<dispute_seen>> query_dispute(std::string) { co_return std::nullopt; }

    /// Whether it can say what it has.
    virtual bool lists_charges() const { return false; }
    /// What was begun there between two instants, a page at a time; nothing when it does not answer. `cursor` is empty
    /// for the first page.
    virtual task<std::optional<charge_page>> charges(instant, instant, std::string) { co_return std::nullopt; }
};

/// Those that are offered here. Outlive every call.
class gateways
{
    std::map<provider, std::unique_ptr<gateway>> all_;

public:
    void add(provider p, std::unique_ptr<gateway> g) { all_.emplace(p, std::move(g)); }
    gateway* find(provider p) const
    {
        const auto it = all_.find(p);
        return it == all_.end() ? nullptr : it->second.get();
    }
    const auto& all() const { return all_; }
};

}  // namespace roost::payments
