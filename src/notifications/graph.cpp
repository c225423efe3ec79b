#include "notifications/graph.hpp"

namespace roost::notifications {
namespace {

using graphql::context;
using graphql::nothing;

std::unexpected<error> nobody() { return fail(errc::not_signed_in, "sign in first"); }

}  // namespace

void install_graph(graphql::graph& g, service& s)
{
    g.name<kind>("NotificationKind");
    g.name<channels>("NotificationChannels");
    g.object<notification>("Notification", "What somebody was told.");
    g.object<preferences>("NotificationPreferences", "How somebody wants to be told what.");
    g.query()
        .connection<notification, notification_query>(
            "notifications", "What you were told, the latest first.",
            [&s](graphql::batch& b, notification_query q) -> task<result<http::page<notification>>> {
                if (!b.context.who) co_return nobody();
                auto found = co_await s.list(*b.context.who, std::move(q));
                if (!found) co_return std::unexpected{std::move(found.error())};
                co_return http::page<notification>{std::move(found->results), std::move(found->next),
                                                   std::move(found->previous), found->count, std::move(found->places)};
            })
        .field<unread_count, nothing>("unreadNotifications", "How many you have not read.",
                                      [&s](context& c, nothing) -> task<result<unread_count>> {
                                          if (!c.who) co_return nobody();
                                          co_return co_await s.unread(*c.who);
                                      })
        .field<preferences, nothing>("notificationPreferences", "How you want to be told what.",
                                     [&s](context& c, nothing) -> task<result<preferences>> {
                                         if (!c.who) co_return nobody();
                                         co_return co_await s.find_preferences(*c.who);
                                     });
    g.subscription().field<notification>(
        "notificationAdded", "What you are told, when you are told it.", "notification",
        [&s](context& c, const uuid& which) { return s.find(*c.who, notification_id{which}); });
    g.mutation("readNotification", http::method::post, "/notifications/{notification_id}/read/",
               {.gives = "notification"});
    g.mutation("readAllNotifications", http::method::post, "/notifications/read-all/", {});
    g.mutation("updateNotificationPreferences", http::method::patch, "/notifications/preferences/",
               {.gives = "preferences"});
}

}  // namespace roost::notifications
