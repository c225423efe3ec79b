#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/dates.hpp"
#include "core/enums.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "payments/gateway.hpp"

/// M-Pesa's rules as far as they are pure (developer.safaricom.co.ke/APIs).
namespace roost::payments::mpesa {

/// The currency, and nothing else.
bool is_shilling(currency c);
/// Whole shillings: M-Pesa takes nothing smaller. Nothing for other amounts, and beyond what one transaction may be.
std::optional<std::int64_t> shillings(money m);
/// As much of it as one transaction may send; M-Pesa sends nothing below ten shillings.
money most_of(money m);
/// "1", "1.0", "1.50": as M-Pesa writes amounts. Nothing for anything else.
std::optional<money> amount_in(std::string_view text);

/// "+254712345678" → "254712345678". Nothing unless it is a mobile number of Kenya.
std::optional<std::string> msisdn(std::string_view e164);

/// "20261224183000", in Nairobi.
std::string timestamp(instant now);

/// Words that M-Pesa makes, to be used in requests and to be kept.
bool is_word(std::string_view text);

/// What is told at an address: how something ended, what was asked about it, that M-Pesa had no time for it.
enum class message : std::uint8_t
{
    result,
    status,
    timeout,
};
constexpr auto names_of(message) { return std::to_array<std::string_view>({"result", "status", "timeout"}); }

/// Where Safaricom tells something about a payment, refund or payout of ours. M-Pesa signs nothing, and does not repeat
/// what we call a payment: who knows the address is Safaricom, and the address says what it is about.
struct address
{
    event_subject about;
    uuid id;
    mpesa::message message;

    /// What follows /webhooks/mpesa/.
    std::string path(std::string_view secret) const;
    /// Nothing unless it was made with this secret.
    static std::optional<address> parse(std::string_view path, std::string_view secret);
};

}  // namespace roost::payments::mpesa
