#include "reviews/graph.hpp"

#include "accounts/user.hpp"
#include "bookings/resources.hpp"

namespace roost::reviews {
namespace {

using graphql::batch;
using graphql::context;
using graphql::nothing;

struct by_id
{
    review_id id;

    static constexpr auto fields = schema::fields(field<&by_id::id>("id", "Which."));
};

void install_type(graphql::graph& g, service& s)
{
    g.object<review>("Review", "What a guest says of a property, or a host of a guest.")
        .node([&s](context& c, std::vector<review_id> ids) { return s.find_all(c.who, std::move(ids)); })
        .reference<property>("property", &review::property, "Where the stay was; null when it is not public any more.")
        .reference<public_profile>("author", &review::author,
                                   "Who wrote it; null for imported ones and closed accounts.")
        .reference<public_profile>("subject", &review::subject, "Who is judged; null when the account is closed.")
        .reference<bookings::booking>("booking", &review::booking, "The stay; null to those who took no part in it.");
    g.object<report>("ReviewReport", "An objection, beside what it is about.")
        .reference<review>("review", &report::review, "Of what.");
    g.query().field<review, by_id>("review", "A review.", [&s](context& c, by_id a) { return s.find(c.who, a.id); });
}

void install_lists(graphql::graph& g, service& s)
{
    g.extend<property>().connection<review, property_reviews_query>(
        "reviews", "What guests say of it. Of several properties at a time: the first page, newest first, uncounted.",
        [&s](batch& b, std::span<const property* const> parents, property_reviews_query q) {
            return s.of_properties(b.context.who, graphql::ids_of(parents), std::move(q));
        });
    g.extend<public_profile>().connection<review, person_reviews_query>(
        "reviews", "What others say of them, as a guest and as a host.",
        [&s](batch&, std::span<const public_profile* const> parents, person_reviews_query q) {
            return s.of_people(graphql::ids_of(parents), std::move(q));
        });
    g.extend<bookings::booking>().fetch<booking_reviews, nothing>(
        "reviews", "What was written about the stay, and until when it can be.", 1,
        [&s](batch& b, std::span<const bookings::booking* const> parents, nothing) {
            return s.of_bookings(*b.context.who, graphql::ids_of(parents));
        });
    g.query().connection<report, reports_query>("reviewReports",
                                                "What people object to, as an admin; the oldest first.",
                                                [&s, rule = g.rule_of(http::method::get, "/reviews/reports/")](
                                                    batch& b, reports_query q) -> task<result<http::page<report>>> {
                                                    if (auto good = rule(b.context); !good)
                                                        co_return std::unexpected{std::move(good.error())};
                                                    co_return co_await s.reports(std::move(q));
                                                });
}

}  // namespace

void install_graph(graphql::graph& g, service& s)
{
    using enum http::method;
    g.name<direction>("ReviewDirection");
    g.name<review_ordering>("ReviewOrder");
    install_type(g, s);
    install_lists(g, s);
    const std::string one = "/reviews/{review_id}/";
    g.mutation("createReview", post, "/reviews/", {.gives = "review"});
    g.mutation("updateReview", patch, one, {.gives = "review"});
    g.mutation("replyToReview", post, one + "reply/", {.gives = "review"});
    g.mutation("reportReview", post, one + "report/", {});
    g.mutation("hideReview", post, one + "hide/", {.gives = "review"});
    g.mutation("restoreReview", post, one + "restore/", {.gives = "review"});
}

}  // namespace roost::reviews
