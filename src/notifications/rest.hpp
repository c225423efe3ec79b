#pragma once
#include "notifications/service.hpp"
#include "platform/http/api.hpp"

namespace roost::notifications {

/// The operations below /notifications/, and the page that unsubscribe links lead to.
void install_rest(http::api& a, service& s);

/// /dev/mail and /dev/mail.json: the mails that were kept for want of a server. Never in production.
void install_kept_mails(http::api& a, service& s);

/// The pages of the site that links with a token lead to. Where mails are kept, and never in production.
void install_stand_in(http::api& a);

}  // namespace roost::notifications
