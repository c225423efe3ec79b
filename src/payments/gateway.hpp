#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

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
    money amount;
    payment_method method;
    capture_mode capture;
    std::string reference;  // the provider's own; empty before it has answered

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

/// What a provider tells by itself. It says what to ask for and is not believed beyond that.
struct provider_event
{
    std::string id, kind, reference;
};

using header_of = std::function<std::optional<std::string_view>(std::string_view name)>;

/// A provider. Calls bear to be repeated; none is made while a transaction is open.
class gateway
{
public:
    gateway() = default;
    gateway(const gateway&) = delete;
    virtual ~gateway() = default;

    virtual bool takes(payment_method m) const = 0;
    /// Whether money can be held first and taken later.
    virtual bool can_hold() const = 0;

    virtual task<answer> begin(charge c) = 0;
    virtual task<answer> query(charge c) = 0;
    /// Takes what is held. Answers how the charge stands then, as do all of these.
    virtual task<answer> capture(charge c) = 0;
    /// Lets go what is held, or ends what has not come to anything. The answer may be that it is too late.
    virtual task<answer> cancel(charge c) = 0;
    virtual task<refund_answer> refund(charge c, refund_id id, money amount) = 0;

    /// errc::invalid_credentials when it is not the provider's own, errc::malformed when it cannot be read.
    virtual task<result<provider_event>> read_event(std::string body, header_of header) = 0;
};

/// Those that are offered here.
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
