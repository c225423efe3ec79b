#pragma once
#include "accounts/mailed_token.hpp"
#include "notifications/dispatcher.hpp"
#include "notifications/sender.hpp"
#include "notifications/service.hpp"

namespace roost::notifications {

/// Everything of the feature. One per process.
struct feature
{
    service people;
    dispatcher events;
    sender mails;

    /// `keeps_mails`: where there is no server to send them by.
    feature(pg::database& db, const clock& c, accounts::mailed_tokens& tokens, const mail::settings& how,
            bool keeps_mails)
        : people{db, c}, events{db, c, how.site}, mails{db, c, tokens, how, keeps_mails}
    {}
};

}  // namespace roost::notifications
