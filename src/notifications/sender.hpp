#pragma once
#include <string>

#include "accounts/mailed_token.hpp"
#include "core/clock.hpp"
#include "notifications/store.hpp"
#include "platform/jobs/jobs.hpp"
#include "platform/mail/smtp.hpp"
#include "platform/pg/database.hpp"

namespace roost::notifications {

/// Writes mails at the moment they are sent and hands them over. A mail goes out at least once, under one Message-ID.
class sender
{
    pg::database& db_;
    const clock& clock_;
    accounts::mailed_tokens& tokens_;
    mail::settings how_;
    const bool keeps_;
    mail::smtp smtp_;

    task<mail::message> write(pg::tx& tx, const due_mail& d);
    task<> add_link(pg::tx& tx, const due_mail& d, facts& f);
    /// The end of the job and of the mail, together.
    task<> end(jobs::attempt& a, mail_id which, std::string status, std::string why);

public:
    /// `keeps`: without a server, mails are kept to be looked at; otherwise they are skipped.
    sender(pg::database& db, const clock& c, accounts::mailed_tokens& tokens, mail::settings how, bool keeps);

    /// One try. An error means: again later. What the server refuses for good is recorded, not tried again.
    task<result<void>> send(jobs::attempt& a, mail_id which, bool last_try);
    /// Breaks off what was begun on this context. To be called before it ends.
    void detach(boost::asio::io_context& io) { smtp_.detach(io); }
};

}  // namespace roost::notifications
