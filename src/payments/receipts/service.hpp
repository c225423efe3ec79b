#pragma once
#include <string>

#include "bookings/service.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "payments/receipts/receipt.hpp"
#include "payments/receipts/settings.hpp"
#include "payments/receipts/sheet.hpp"
#include "platform/auth/identity.hpp"
#include "platform/background.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

struct found_receipt
{
    receipt shown;
    std::string locale;  // of whoever reads it
};

/// Receipts of bookings. For guest, host and admins; for others they are errc::not_found.
class receipt_service
{
    pg::database& db_;
    const clock& clock_;
    bookings::service& bookings_;
    issuer by_;
    time_zone zone_;
    background threads_;

public:
    receipt_service(pg::database& db, const clock& c, bookings::service& b, const receipt_settings& s);

    /// Takes the year's next numbers for what has come for this booking, and goes back, since the last time. Its row is
    /// locked and what happened is saved. Others that want a number wait until the transaction ends, so there are no
    /// gaps; to be called when little is left to be done.
    void issue(pg::tx& tx, booking_id id, instant now) const;
    /// The same for all bookings of which the release before this one has not taken numbers. For a job.
    task<result<void>> issue_missing();

    /// Those of several bookings, each by itself and in their order.
    task<std::vector<result<found_receipt>>> find(const identity& who, std::vector<booking_id> ids);
    /// In the reader's language.
    sheet written(const found_receipt& r) const;
    /// errc::overloaded when too many are being made.
    task<result<std::string>> pdf(sheet s);

    /// To be called before a context ends that somebody awaited on.
    void detach(boost::asio::io_context& io) { threads_.detach(io); }
};

}  // namespace roost::payments
