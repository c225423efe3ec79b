#include "app/graph.hpp"

#include "accounts/graph.hpp"
#include "app/operations.hpp"
#include "bookings/graph.hpp"
#include "calendar/graph.hpp"
#include "feeds/graph.hpp"
#include "notifications/graph.hpp"
#include "payments/graph.hpp"
#include "platform/graphql/graph.hpp"
#include "platform/graphql/http.hpp"
#include "platform/graphql/sdl.hpp"
#include "properties/graph.hpp"
#include "reviews/graph.hpp"
#include "search/graph.hpp"

namespace roost::app {

std::shared_ptr<const graphql::executable> make_graph(http::api& a, services& s)
{
    graphql::graph g{a};
    accounts::install_graph(g, s.accounts);
    properties::install_graph(g, s.properties, s.policies);
    search::install_graph(g, s.search, s.properties);
    calendar::install_graph(g, s.openings, s.calendar);
    bookings::install_graph(g, s.bookings, s.alterations);
    payments::install_graph(g, s.payments, s.receipts);
    payments::install_payouts_graph(g, s.payouts, s.statements);
    payments::install_admin_graph(g, s.db);
    reviews::install_graph(g, s.reviews);
    feeds::install_graph(g, s.feeds, s.ical_addresses);
    notifications::install_graph(g, s.notifications.people);
    return g.build();
}

void install_graph(http::api& a, services& s, const settings& how)
{
    const auto what = make_graph(a, s);
    graphql::install(a, what, how.graphql, s.subscriptions, graphiql_page());
    if (how.graphql.introspection)
        a.raw("/schema.graphql",
              [sdl = graphql::print_schema(what->schema())](const http::request&) -> task<http::response> {
                  http::response r;
                  r.content_type = "text/plain; charset=utf-8";
                  r.body = sdl;
                  r.set("Cache-Control", "public, max-age=300");
                  co_return r;
              });
}

}  // namespace roost::app
