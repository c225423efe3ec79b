#pragma once
#include "core/id.hpp"
#include "notifications/notification.hpp"
#include "platform/jobs/worker.hpp"

/// What this feature has done later.
namespace roost::notifications {

struct feature;

struct mail_to_send
{
    mail_id mail;

    static constexpr auto fields = schema::fields(field<&mail_to_send::mail>("mail_id"));
};

struct stay_to_remind_of
{
    booking_id booking;

    static constexpr auto fields = schema::fields(field<&stay_to_remind_of::booking>("booking_id"));
};

// After a process was killed, the next one waits until the lease has ended. These are short, so that people still are
// told within a minute.

/// Twenty tries with pauses of at most an hour are most of a day: longer than a mail server is away.
inline constexpr jobs::kind<mail_to_send> send_mail{
    .name = "notifications.send_mail", .attempts = 20, .timeout = std::chrono::seconds{45}};
inline constexpr jobs::kind<stay_to_remind_of> remind_of_stay{.name = "notifications.remind"};
/// One at a time keeps messages in the order of what happened.
inline constexpr jobs::kind<jobs::nothing> dispatch_events{
    .name = "notifications.dispatch", .priority = 3, .timeout = std::chrono::seconds{15}, .concurrency = 1};
inline constexpr jobs::kind<jobs::nothing> tidy_messages{.name = "notifications.tidy", .priority = 9, .concurrency = 1};

void install_jobs(jobs::worker& w, feature& f);

}  // namespace roost::notifications
