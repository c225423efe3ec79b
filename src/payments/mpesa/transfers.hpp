#pragma once
#include <string>

#include "core/clock.hpp"
#include "payments/mpesa/api.hpp"
#include "payments/mpesa/rules.hpp"
#include "payments/mpesa/told.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments::mpesa {

/// Addresses that Safaricom is given.
class callbacks
{
    std::string base_, secret_;

public:
    explicit callbacks(const mpesa_settings& how);

    std::string at(const address& a) const { return base_ + a.path(secret_); }
    /// `path`: what follows /webhooks/mpesa/.
    std::optional<address> find(std::string_view path) const { return address::parse(path, secret_); }
};

/// Money that leaves: a refund or a payout of ours.
struct transfer
{
    event_subject about;
    uuid id;
    money amount;
    std::string to;       // a phone: +254…
    std::string receipt;  // of the payment that is taken back; empty: it is paid
};

/// What came of it. Open: not decided, or not known; `reason` says why.
struct verdict
{
    mpesa::standing standing = mpesa::standing::open;
    std::string reference, reason;
};

/// Sends money once, and finds out what came of it. M-Pesa answers only that a request is taken; the end it tells
/// later, or never, and what it tells is not believed: it is asked, and its answer comes to an address that is given
/// out with the question.
class transfers
{
    pg::database& db_;
    const clock& clock_;
    api& api_;
    const callbacks& callbacks_;
    std::string short_code_, initiator_, credential_;

    task<reply<accepted>> request(const transfer& t);
    task<verdict> send(transfer t, bool again);
    task<> ask_for(const transfer& t, std::string conversation);

public:
    transfers(pg::database& db, const clock& now, api& a, const callbacks& c, const mpesa_settings& how);

    /// Bears to be repeated, and is until it is decided.
    task<verdict> give(transfer t);
    /// Keeps what was told at an address of a transfer.
    task<result<provider_event>> hear(const address& at, std::string_view body);
};

}  // namespace roost::payments::mpesa
