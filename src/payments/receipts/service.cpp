#include "payments/receipts/service.hpp"

#include "bookings/payable.hpp"
#include "payments/receipts/queries.hpp"
#include "platform/many.hpp"
#include "platform/pg/piles.hpp"
#include "platform/schema/json.hpp"

namespace roost::payments {
namespace {

struct stay_on_receipt
{
    std::string property, city, country, locale, guest, host;
    roost::time_zone time_zone;
    std::optional<payments::issuer> issuer;

    static constexpr auto fields =
        schema::fields(field<&stay_on_receipt::property>("property"), field<&stay_on_receipt::city>("city"),
                       field<&stay_on_receipt::country>("country"), field<&stay_on_receipt::time_zone>("time_zone"),
                       field<&stay_on_receipt::issuer>("issuer"), field<&stay_on_receipt::locale>("locale"),
                       field<&stay_on_receipt::guest>("guest"), field<&stay_on_receipt::host>("host"));
};

receipt receipt_of(const bookings::booking& b, const stay_on_receipt& stay, const payments::issuer& by,
                   std::vector<receipt_entry> entries)
{
    const money nothing{0, b.price.total.unit()};
    receipt r{.number = {},
              .issued_at = {},
              .issued_by = stay.issuer.value_or(by),
              .booking = b.id,
              .status = b.status,
              .guest = stay.guest,
              .host = stay.host,
              .property = stay.property,
              .city = stay.city,
              .country = stay.country,
              .time_zone = stay.time_zone,
              .check_in = b.check_in,
              .check_out = b.check_out,
              .nights = b.nights,
              .guests = b.guests,
              .lines = b.price.lines,
              .total = b.price.total,
              .taxes = nothing,
              .taken_off = b.refund ? b.refund->total : nothing,
              .paid = nothing,
              .given_back = nothing,
              .due = b.amount_due,
              .entries = std::move(entries)};
    for (const auto& line : r.lines)
        if (line.kind == calendar::price_line_kind::tax) r.taxes += line.amount;
    for (const auto& e : r.entries) (e.kind == receipt_entry_kind::credit_note ? r.given_back : r.paid) += e.amount;
    if (!r.entries.empty())
    {
        r.number = r.entries.front().number;
        r.issued_at = r.entries.front().issued_at;
    }
    return r;
}

constexpr std::size_t most_at_once = 200;
/// Each takes some hundredths of a second, so the last in line has its in time.
constexpr std::size_t most_waiting = 64;

error too_busy()
{
    return {.code = errc::overloaded, .detail = "Too many receipts at once.", .retry_after = std::chrono::seconds{1}};
}

}  // namespace

receipt_service::receipt_service(pg::database& db, const clock& c, bookings::service& b, const receipt_settings& s)
    : db_{db},
      clock_{c},
      bookings_{b},
      by_{s.name, s.address, s.tax_number},
      zone_{s.time_zone},
      threads_{1, most_waiting}
{}

void receipt_service::issue(pg::tx& tx, booking_id id, instant now) const
{
    const std::chrono::year_month_day today{zone_.day_of(now)};
    tx.queue(receipts::sql::issue_receipts, static_cast<int>(today.year()), id, pg::json{schema::to_json(by_)}, now);
}

task<result<void>> receipt_service::issue_missing()
{
    for (auto got = most_at_once; got == most_at_once;)
    {
        const auto bookings =
            co_await db_.all<booking_id>(receipts::sql::bookings_without_numbers, static_cast<int>(most_at_once));
        got = bookings.size();
        for (const auto id : bookings)
        {
            const auto done = co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
                co_await bookings::lock_payable(tx, id);
                issue(tx, id, clock_.now());
                co_return result<void>{};
            });
            if (!done) co_return std::unexpected{done.error()};
        }
    }
    co_return result<void>{};
}

task<std::vector<result<found_receipt>>> receipt_service::find(const identity& who, std::vector<booking_id> ids)
{
    answers<booking_id, found_receipt> told;
    const auto no_such_booking = fail(errc::not_found, "there is no such booking");
    const auto seen = co_await bookings_.find_all(who, ids);
    if (seen.empty()) co_return told.of(ids, no_such_booking);
    std::vector<booking_id> own;
    own.reserve(seen.size());
    for (const auto& b : seen) own.push_back(b.id);
    auto stays = co_await pg::piled(
        db_.all<pg::row_of<booking_id, stay_on_receipt>>(receipts::sql::stay_on_receipt, own, who.user));
    auto entries =
        co_await pg::piled(db_.all<pg::row_of<booking_id, receipt_entry>>(receipts::sql::receipts_of_bookings, own));
    for (const auto& b : seen)
    {
        auto stay = stays.take(b.id).at(0);
        auto made = receipt_of(b, stay, by_, entries.take(b.id));
        told.tell(b.id, found_receipt{std::move(made), std::move(stay.locale)});
    }
    co_return told.of(ids, no_such_booking);
}

sheet receipt_service::written(const found_receipt& r) const { return sheet_of(r.shown, r.locale, zone_); }

task<result<std::string>> receipt_service::pdf(sheet s)
{
    auto work = [s = std::move(s)](const std::stop_token&) { return pdf_of(s); };
    auto made = co_await threads_.run(std::move(work));
    if (!made) co_return std::unexpected{too_busy()};
    co_return *std::move(made);
}

}  // namespace roost::payments
