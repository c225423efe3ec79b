#include "payments/mpesa/told.hpp"

#include <algorithm>
#include <format>

#include "payments/mpesa/objects.hpp"
#include "payments/mpesa/rules.hpp"
#include "platform/auth/crypto.hpp"
#include "platform/schema/loose_json.hpp"

namespace roost::payments::mpesa {
namespace {

std::unexpected<error> not_readable() { return fail(errc::malformed, "this is no callback of M-Pesa"); }

/// Results that say that no money moves (developer.safaricom.co.ke/APIs/BusinessToCustomer, /Reversal). With others, as
/// 15 (seen before), 17 (the same amount to the same number again) or 26 (busy), it may have.
constexpr auto clear_failures = std::to_array<std::string_view>(
    {"1", "2", "3", "4", "8", "11", "21", "2001", "2006", "2028", "2040", "8006", "SFC_IC0003", "R000002"});
/// Of asking for a status: what M-Pesa objects to is the question, us, or the moment (/AccountBalance lists what any
/// request may be answered with). Others say that there is no such transfer.
constexpr auto about_the_question = std::to_array<std::string_view>(
    {"15", "17", "18", "19", "20", "21", "22", "24", "25", "26", "29", "2001", "2006", "2028", "8006"});
/// 100000001, "The system is overload": of the machinery before M-Pesa.
constexpr std::string_view of_the_gateway = "1000000";
constexpr auto failed_statuses = std::to_array<std::string_view>({"Cancelled", "Declined", "Expired", "Failed"});

result<transfer_told> read_transfer(std::string_view body)
{
    auto read = schema::from_loose_json<transfer_callback>(body);
    if (!read || !is_word(read->result.code) || !is_word(read->result.conversation)) return not_readable();
    return std::move(read->result);
}

}  // namespace

result<told_payment> read_payment(std::string_view body, payment_id of)
{
    const auto read = schema::from_loose_json<push_callback>(body);
    if (!read) return not_readable();
    const auto& told = read->body.callback;
    if (!is_word(told.checkout) || !is_word(told.code)) return not_readable();
    told_payment p{{.id = {},
                    .kind = "stk." + told.code,
                    .about = event_subject::payment,
                    .reference = told.checkout,
                    .payment = of},
                   {}};
    if (!told.metadata) return p;
    for (const auto& [name, value] : told.metadata->items)
    {
        if (name == "MpesaReceiptNumber" && value && is_word(*value)) p.event.receipt = value;
        if (name == "Amount" && value) p.amount = amount_in(*value);
    }
    return p;
}

result<told_result> read_result(std::string_view body)
{
    auto told = read_transfer(body);
    if (!told) return std::unexpected{std::move(told.error())};
    return told_result{std::move(told->code), std::move(told->conversation)};
}

bool moves_nothing(std::string_view code) { return std::ranges::contains(clear_failures, code); }

result<told_status> read_status(std::string_view body)
{
    const auto told = read_transfer(body);
    if (!told) return std::unexpected{told.error()};
    if (told->code != "0")
    {
        const bool unanswered = told->code.starts_with(of_the_gateway)
                                || std::ranges::contains(about_the_question, std::string_view{told->code});
        return told_status{unanswered ? standing::open : standing::absent, told->code, {}, {}};
    }
    const auto found = schema::from_loose_json<status_callback>(body);
    if (!found) return not_readable();
    told_status s;
    for (const auto& [key, value] : found->result.parameters.items)
    {
        if (!value) continue;
        if (key == "TransactionStatus" && is_word(*value)) s.status = *value;
        if (key == "ReceiptNo" && is_word(*value)) s.receipt = value;
        if (key == "Amount") s.amount = amount_in(*value);
    }
    if (s.status == "Completed") s.standing = standing::done;
    if (std::ranges::contains(failed_statuses, std::string_view{s.status})) s.standing = standing::failed;
    return s;
}

}  // namespace roost::payments::mpesa
