#pragma once
#include <optional>
#include <string>

#include "core/dates.hpp"
#include "core/money.hpp"
#include "notifications/notification.hpp"
#include "platform/pg/database.hpp"

/// The feature's rows. Rules are elsewhere.
namespace roost::notifications {

/// What happened, as whoever did it wrote it down. What an event does not say is empty.
struct event
{
    std::int64_t id = 0;
    std::string kind;
    subject_id subject;
    instant at{};
    std::string from, to, status;  // what changed: of a status, or of nights
    std::string proposed_by, address, user_agent, feed, property, refund_is;
    std::optional<std::int64_t> refund, refund_due;  // in the booking's currency

    static constexpr auto fields = schema::fields(
        field<&event::id>("id"), field<&event::kind>("kind"), field<&event::subject>("subject_id"),
        field<&event::at>("at"), field<&event::from>("from"), field<&event::status>("status"),
        field<&event::proposed_by>("proposed_by"), field<&event::to>("to"), field<&event::address>("address"),
        field<&event::user_agent>("user_agent"), field<&event::feed>("feed"), field<&event::property>("property_id"),
        field<&event::refund_is>("refund_id"), field<&event::refund>("refund"),
        field<&event::refund_due>("refund_due"));
};

struct person
{
    user_id id;
    std::string name, locale;
    bool open, has_address;

    static constexpr auto fields =
        schema::fields(field<&person::id>("id"), field<&person::name>("name"), field<&person::locale>("locale"),
                       field<&person::open>("open"), field<&person::has_address>("has_address"));
};

struct booking_to_tell
{
    booking_id id;
    property_id property_is;
    std::string status, message, property, line, city, postcode, country, check_in_time, check_out_time, reason, actor;
    date check_in, check_out;
    int guests, version;
    money total, host_payout;
    instant starts_at, ends_at;
    std::optional<instant> due_at;
    roost::time_zone time_zone;
    person guest, host;

    static constexpr auto fields = schema::fields(
        field<&booking_to_tell::id>("booking_id"), field<&booking_to_tell::property_is>("property_id"),
        field<&booking_to_tell::status>("status"), field<&booking_to_tell::message>("message"),
        field<&booking_to_tell::property>("property"), field<&booking_to_tell::line>("line"),
        field<&booking_to_tell::city>("city"), field<&booking_to_tell::postcode>("postcode"),
        field<&booking_to_tell::country>("country"), field<&booking_to_tell::check_in_time>("check_in_time"),
        field<&booking_to_tell::check_out_time>("check_out_time"), field<&booking_to_tell::reason>("reason"),
        field<&booking_to_tell::actor>("actor"), field<&booking_to_tell::check_in>("check_in"),
        field<&booking_to_tell::check_out>("check_out"), field<&booking_to_tell::guests>("guests"),
        field<&booking_to_tell::version>("version"), field<&booking_to_tell::total>("total"),
        field<&booking_to_tell::host_payout>("host_payout"), field<&booking_to_tell::starts_at>("starts_at"),
        field<&booking_to_tell::ends_at>("ends_at"), field<&booking_to_tell::due_at>("due_at"),
        field<&booking_to_tell::time_zone>("time_zone"), field<&booking_to_tell::guest>("guest"),
        field<&booking_to_tell::host>("host"));
};

struct property_to_tell
{
    property_id id;
    std::string property;
    person host;

    static constexpr auto fields =
        schema::fields(field<&property_to_tell::id>("property_id"), field<&property_to_tell::property>("property"),
                       field<&property_to_tell::host>("host"));
};

/// A payment, and of what was given back of it what the event is about.
struct payment_to_tell
{
    booking_id booking;
    std::string booking_status, property, failure_reason, number, receipt;
    money amount;
    person guest;

    static constexpr auto fields = schema::fields(
        field<&payment_to_tell::booking>("booking_id"), field<&payment_to_tell::booking_status>("booking_status"),
        field<&payment_to_tell::property>("property"), field<&payment_to_tell::failure_reason>("failure_reason"),
        field<&payment_to_tell::number>("number"), field<&payment_to_tell::receipt>("receipt"),
        field<&payment_to_tell::amount>("amount"), field<&payment_to_tell::guest>("guest"));
};

struct payout_to_tell
{
    money amount;
    std::string failure_reason;
    person host;

    static constexpr auto fields =
        schema::fields(field<&payout_to_tell::amount>("amount"),
                       field<&payout_to_tell::failure_reason>("failure_reason"), field<&payout_to_tell::host>("host"));
};

/// A review as it stands now, without anything of what it says: it may be blind.
struct review_to_tell
{
    subject_id id;
    booking_id booking;
    std::string direction, status, property;
    instant closes_at{};
    roost::time_zone time_zone;
    person author, reviewed;

    static constexpr auto fields =
        schema::fields(field<&review_to_tell::id>("review_id"), field<&review_to_tell::booking>("booking_id"),
                       field<&review_to_tell::direction>("direction"), field<&review_to_tell::status>("status"),
                       field<&review_to_tell::property>("property"), field<&review_to_tell::closes_at>("closes_at"),
                       field<&review_to_tell::time_zone>("time_zone"), field<&review_to_tell::author>("author"),
                       field<&review_to_tell::reviewed>("reviewed"));
};

/// A mail to be sent now.
struct due_mail
{
    mail_id id;
    user_id user;
    notifications::kind kind;
    notifications::side side;
    std::string locale, name, email;  // email empty: there is nobody any more
    notifications::facts facts;
    instant created_at;

    static constexpr auto fields = schema::fields(
        field<&due_mail::id>("id"), field<&due_mail::user>("user_id"), field<&due_mail::kind>("kind"),
        field<&due_mail::side>("side"), field<&due_mail::locale>("locale"), field<&due_mail::name>("name"),
        field<&due_mail::email>("email"), field<&due_mail::facts>("facts"), field<&due_mail::created_at>("created_at"));
};

}  // namespace roost::notifications
