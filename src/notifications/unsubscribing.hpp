#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "notifications/notification.hpp"
#include "platform/pg/database.hpp"

/// Links by which one kind of mail is ended without signing in (RFC 8058).
namespace roost::notifications {

struct unsubscription
{
    user_id user;
    category what;
    std::string locale;
};

/// The signed token of such a link; the person's key is made when there is none.
task<std::string> unsubscribe_token(pg::tx& tx, user_id who, category what);

/// What a token says; nothing when nobody here signed it.
task<std::optional<unsubscription>> read_unsubscribe_token(pg::queryable& q, std::string_view token);

}  // namespace roost::notifications
