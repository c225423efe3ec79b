#include "payments/receipts/rest.hpp"

#include "payments/receipts/service.hpp"
#include "platform/http/api.hpp"
#include "platform/many.hpp"

namespace roost::payments {
namespace {

using shown_receipt = http::in_media<receipt>;

/// Nothing in it loads or runs anything.
http::document page_of(const sheet& s)
{
    http::document page{"text/html; charset=utf-8", html_of(s), {}};
    page.headers.push_back({"Content-Security-Policy",
                            "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
                            "frame-ancestors 'none'"});
    page.headers.push_back({"Referrer-Policy", "no-referrer"});
    return page;
}

task<result<shown_receipt>> show(receipt_service& all, found_receipt found, std::string_view media)
{
    if (media == "application/json") co_return shown_receipt{std::move(found.shown)};
    auto s = all.written(found);
    if (media == "text/html") co_return shown_receipt{page_of(s)};
    auto bytes = co_await all.pdf(std::move(s));
    if (!bytes) co_return std::unexpected{std::move(bytes.error())};
    http::document file{"application/pdf", *std::move(bytes), {}};
    const auto name = found.shown.number.value_or(found.shown.booking.text());
    file.headers.push_back({"Content-Disposition", "inline; filename=\"receipt-" + name + ".pdf\""});
    co_return shown_receipt{std::move(file)};
}

}  // namespace

void install_receipts(http::api& a, receipt_service& r)
{
    a.tag("Payments");
    a.get("/bookings/{booking_id}/receipt/", "What a booking cost, what was paid of it, and what was given back.")
        .also_as("text/html", "application/pdf")
        .details(
            "In the reader's language. It has a number as soon as something was paid; what is paid or given back later "
            "has numbers of its own. Without Accept it is JSON.")
        .handle([&r](http::signed_in who, http::wanted as, booking_id b) -> task<result<shown_receipt>> {
            auto found = co_await only(r.find(who, just(b)));
            if (!found) co_return std::unexpected{std::move(found.error())};
            co_return co_await show(r, *std::move(found), as.media_type);
        });
}

}  // namespace roost::payments
