#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "notifications/notification.hpp"
#include "platform/auth/identity.hpp"
#include "platform/http/cursor.hpp"
#include "platform/mail/message.hpp"
#include "platform/pg/database.hpp"

namespace roost::notifications {

struct notification_page
{
    std::vector<notification> results;
    std::optional<std::string> next, previous;
    std::optional<std::int64_t> count;
    http::row_places places = {};
};

/// What people do with what they are told. Everything is the caller's own; another's is errc::not_found.
class service
{
    pg::database& db_;
    const clock& clock_;

public:
    service(pg::database& db, const clock& c) : db_{db}, clock_{c} {}

    /// Newest first.
    task<result<notification_page>> list(const identity& who, notification_query q);
    task<result<notification>> find(const identity& who, notification_id which);
    task<unread_count> unread(const identity& who);
    /// Read once stays read since then.
    task<result<notification>> read(pg::tx& tx, const identity& who, notification_id which);
    task<unread_count> read_all(pg::tx& tx, const identity& who);

    task<preferences> find_preferences(pg::queryable& q, user_id whose);
    task<preferences> find_preferences(const identity& who) { return find_preferences(db_, who.user); }
    /// errc::invalid_input names what cannot be switched off.
    task<result<preferences>> change_preferences(pg::tx& tx, const identity& who, const preference_changes& changes);

    /// The locale of the person the link is about; nothing when it is no link of ours. `now`: also does it.
    task<std::optional<std::string>> unsubscribe(std::string_view token, bool now);

    /// The mails kept for want of a server, the latest first: to one address, or to anybody when it is empty.
    task<std::vector<mail::message>> kept_mails(std::string to, int limit);
    task<std::optional<mail::message>> kept_mail(mail_id which);

    /// Deletes what is old: mails after 30 days, notifications after a year.
    task<> tidy();
};

}  // namespace roost::notifications
