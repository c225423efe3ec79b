#include "notifications/jobs.hpp"

#include "notifications/notifications.hpp"

using namespace std::chrono_literals;

namespace roost::notifications {

void install_jobs(jobs::worker& w, feature& f)
{
    w.on<jobs::nothing>(dispatch_events, [&f](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        co_await f.events.dispatch();
        co_return result<void>{};
    });
    w.every(1s, dispatch_events);
    w.on<mail_to_send>(send_mail, [&f](jobs::attempt& a, mail_to_send m) -> task<result<void>> {
        co_return co_await f.mails.send(a, m.mail, a.number() >= send_mail.attempts);
    });
    w.on<stay_to_remind_of>(remind_of_stay, [&f](jobs::attempt& a, stay_to_remind_of s) -> task<result<void>> {
        co_return co_await f.events.remind(a, s.booking);
    });
    w.on<jobs::nothing>(tidy_messages, [&f](jobs::attempt&, jobs::nothing) -> task<result<void>> {
        co_await f.people.tidy();
        co_return result<void>{};
    });
    w.every(1h, tidy_messages);
}

}  // namespace roost::notifications
