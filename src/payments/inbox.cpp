#include "payments/inbox.hpp"

#include "payments/jobs.hpp"
#include "payments/queries.hpp"

namespace roost::payments {
namespace {

constexpr std::size_t longest_event = 65'536;
/// Providers repeat themselves for some days.
constexpr std::chrono::days kept{30};
constexpr int batch = 500;

}  // namespace

task<result<void>> inbox::receive(provider p, std::string body, header_of header)
{
    auto* const from = gateways_.find(p);
    if (!from) co_return fail(errc::not_found, "there is nothing here");
    if (body.size() > longest_event) co_return fail(errc::payload_too_large, "an event is shorter than that");
    const auto event = co_await from->read_event(std::move(body), std::move(header));
    if (!event) co_return std::unexpected{event.error()};
    co_return co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        const auto now = clock_.now();
        const auto fresh =
            co_await tx.one<bool>(sql::insert_event, uuid::v7(), p, event->id, event->kind, event->reference, now);
        if (!fresh) co_return result<void>{};
        // Of a payment whose reference we do not know yet: it is asked for before long in any case.
        const auto of = co_await tx.one<payment_id>(sql::payment_of_reference, p, event->reference);
        if (of) jobs::enqueue(tx, advance_payment, payment_job{*of}, now, {.at = {}, .unique = of->text()});
        co_return result<void>{};
    });
}

task<result<void>> inbox::forget_old()
{
    while (co_await db_.run(sql::forget_old_events, clock_.now() - kept, batch) == batch)
    {
    }
    co_return result<void>{};
}

}  // namespace roost::payments
