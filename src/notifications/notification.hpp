#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/id.hpp"
#include "platform/schema/schema.hpp"
#include "platform/text/language.hpp"

/// What people are told, and how they want to be told it: values and rules only.
namespace roost::notifications {

using schema::field;
using notification_id = id<struct notification_tag>;
using subject_id = id<struct subject_tag>;
using mail_id = id<struct mail_tag>;

/// The names are API, stand in the database and head the templates.
enum class kind
{
    verify_address,
    reset_password,
    password_changed,
    new_sign_in,
    request_sent,
    request_received,
    request_accepted,
    request_declined,
    request_expired,
    booking_confirmed,
    booking_expired,
    booking_altered,
    booking_cancelled,
    alteration_proposed,
    alteration_declined,
    check_in_reminder,
    review_invitation,
    review_received,
    review_published,
    review_replied,
    calendar_conflict,
    payment_received,
    payment_failed,
    payment_not_taken,
    payment_refunded,
    refund_refused,
    payout_paid,
    payout_failed,
};
constexpr auto names_of(kind)
{
    return std::to_array<std::string_view>(
        {"verify_address",    "reset_password",    "password_changed",  "new_sign_in",         "request_sent",
         "request_received",  "request_accepted",  "request_declined",  "request_expired",     "booking_confirmed",
         "booking_expired",   "booking_altered",   "booking_cancelled", "alteration_proposed", "alteration_declined",
         "check_in_reminder", "review_invitation", "review_received",   "review_published",    "review_replied",
         "calendar_conflict", "payment_received",  "payment_failed",    "payment_not_taken",   "payment_refunded",
         "refund_refused",    "payout_paid",       "payout_failed"});
}

/// What can be switched on and off together.
enum class category
{
    account,
    booking,
    reminder,
    review,
    calendar,
};
constexpr auto names_of(category)
{
    return std::to_array<std::string_view>({"account", "booking", "reminder", "review", "calendar"});
}

constexpr category category_of(kind k)
{
    switch (k)
    {
        case kind::verify_address:
        case kind::reset_password:
        case kind::password_changed:
        case kind::new_sign_in: return category::account;
        case kind::check_in_reminder: return category::reminder;
        case kind::review_invitation:
        case kind::review_received:
        case kind::review_published:
        case kind::review_replied: return category::review;
        case kind::calendar_conflict: return category::calendar;
        default: return category::booking;
    }
}

/// What people must be told whatever they prefer: how their account and their money stand.
constexpr bool is_required(category c) { return c == category::account || c == category::booking; }

/// Those whose whole point is the mail are not told in the application as well.
constexpr bool is_mail_only(kind k) { return k == kind::verify_address || k == kind::reset_password; }

enum class channel
{
    mail,
    in_app,
};
constexpr auto names_of(channel) { return std::to_array<std::string_view>({"mail", "in_app"}); }

/// As what somebody is addressed.
enum class side
{
    guest,
    host,
    person,
};
constexpr auto names_of(side) { return std::to_array<std::string_view>({"guest", "host", "person"}); }

using text::fact;
using text::facts;

struct notification
{
    notification_id id;
    notifications::kind kind;
    std::string title, text;
    subject_id subject;
    instant created_at{};
    std::optional<instant> read_at;

    static constexpr auto fields = schema::fields(
        field<&notification::id>("id", "Its id."), field<&notification::kind>("kind", "What happened."),
        field<&notification::title>("title", schema::example{R"("Your stay at Sea view is confirmed")"},
                                    "In one line, in the language you had then."),
        field<&notification::text>("text", "A sentence or two."),
        field<&notification::subject>(
            "subject_id", "The booking, property, review, payout or account it is about; of payments their booking."),
        field<&notification::created_at>("created_at", "When it was told."),
        field<&notification::read_at>("read_at", "When you read it; absent: you have not."));
};

/// Which page of one's notifications.
struct notification_query
{
    bool unread = false;
    int limit = 20;
    std::optional<std::string> cursor;
    bool count = false;

    static constexpr auto fields = schema::fields(
        field<&notification_query::unread>("unread", schema::defaulted, "Only those not read yet."),
        field<&notification_query::limit>("limit", schema::between{1, 100}, schema::defaulted, "Results a page."),
        field<&notification_query::cursor>("cursor", schema::at_most{200}, "Where the page begins, from a link."),
        field<&notification_query::count>("count", schema::defaulted, "Whether to count them all."));
};

struct unread_count
{
    std::int64_t unread = 0;

    static constexpr auto fields =
        schema::fields(field<&unread_count::unread>("unread", schema::example{"3"}, "How many you have not read."));
};

/// How one category reaches somebody.
struct channels
{
    bool mail = true, in_app = true, required = false;

    static constexpr auto fields =
        schema::fields(field<&channels::mail>("mail", "By mail."), field<&channels::in_app>("in_app", "In this list."),
                       field<&channels::required>("required", "Whether it cannot be switched off."));
};

struct preferences
{
    channels account{.required = true}, booking{.required = true}, reminder, review, calendar;

    static constexpr auto fields = schema::fields(
        field<&preferences::account>("account", "Your address, password and sign-ins."),
        field<&preferences::booking>("booking",
                                     "Requests, confirmations, changes, cancellations, payments and payouts."),
        field<&preferences::reminder>("reminder", "The day before check-in."),
        field<&preferences::review>("review", "When a stay can be reviewed, and what becomes of reviews."),
        field<&preferences::calendar>("calendar", "Conflicts with calendars of other platforms."));
};

struct channel_changes
{
    schema::patch<bool> mail, in_app;

    static constexpr auto fields =
        schema::fields(field<&channel_changes::mail>("mail", schema::example{"false"}, "By mail."),
                       field<&channel_changes::in_app>("in_app", "In the list of notifications."));
};

/// A merge patch of one's preferences.
struct preference_changes
{
    schema::patch<channel_changes> account, booking, reminder, review, calendar;

    static constexpr auto fields = schema::fields(
        field<&preference_changes::account>("account", "Cannot be switched off."),
        field<&preference_changes::booking>("booking", "Cannot be switched off."),
        field<&preference_changes::reminder>("reminder", "The day before check-in."),
        field<&preference_changes::review>("review", "When a stay can be reviewed, and what becomes of reviews."),
        field<&preference_changes::calendar>("calendar", "Conflicts with calendars of other platforms."));
};

}  // namespace roost::notifications
