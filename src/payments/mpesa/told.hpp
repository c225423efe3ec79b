#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/enums.hpp"
#include "core/error.hpp"
#include "payments/gateway.hpp"

/// What M-Pesa tells, read: pure. What cannot be read is errc::malformed.
namespace roost::payments::mpesa {

/// Of a payment, with the amount as M-Pesa tells it.
struct told_payment
{
    provider_event event;
    std::optional<money> amount;
};
result<told_payment> read_payment(std::string_view body, payment_id of);

/// What a transfer came to, as M-Pesa says by itself.
struct told_result
{
    std::string code, conversation;
};
result<told_result> read_result(std::string_view body);
/// Whether a transfer with this result has certainly moved nothing.
bool moves_nothing(std::string_view code);

/// How a transfer stands. Absent: M-Pesa has none of this name.
enum class standing : std::uint8_t
{
    open,
    done,
    failed,
    absent,
};
constexpr auto names_of(standing) { return std::to_array<std::string_view>({"open", "done", "failed", "absent"}); }

/// The answer to a question about a transfer. `status`: M-Pesa's own word.
struct told_status
{
    mpesa::standing standing = mpesa::standing::open;
    std::string status;
    std::optional<std::string> receipt;
    std::optional<money> amount;
};
result<told_status> read_status(std::string_view body);

}  // namespace roost::payments::mpesa
