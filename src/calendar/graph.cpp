#include "calendar/graph.hpp"

namespace roost::calendar {
namespace {

using graphql::batch;
using graphql::nothing;
using properties_asked = std::span<const property* const>;

constexpr std::uint32_t many_nights = 20;  // the size of a calendar, of which the query says nothing

void install_fields(graphql::graph& g, openings& o, service& s)
{
    g.object<season>("Season", "A stretch of nights with prices and rules of its own.");
    g.extend<property>()
        .fetch<availability, window_query>("availability", "Which nights are free; stay rules apply on top.", 1,
                                           [&o](batch& b, properties_asked parents, window_query w) {
                                               return o.look(b.context.who, graphql::ids_of(parents), w);
                                           })
        .fetch<property_calendar, window_query>(
            "calendar", "Each night with its price, its rules, and whether it is free.", many_nights,
            [&s](batch& b, properties_asked parents, window_query w) {
                return s.look(b.context.who, graphql::ids_of(parents), w);
            })
        .fetch<property_pricing, nothing>("pricing", "What nights, guests, lengths of stay and taxes cost.", 1,
                                          [&s](batch& b, properties_asked parents, nothing) {
                                              return s.pricing_of(b.context.who, graphql::ids_of(parents));
                                          })
        .fetch<std::vector<season>, nothing>("seasons", "Its seasons, in order.", 1,
                                             [&s](batch& b, properties_asked parents, nothing) {
                                                 return s.seasons(b.context.who, graphql::ids_of(parents));
                                             })
        .connection<block, blocks_query>(
            "blocks", "Nights closed by hand, import or feed from today on, as the host.",
            [&o](batch& b, properties_asked parents, blocks_query q) -> task<std::vector<result<http::page<block>>>> {
                if (!b.context.who)
                    co_return std::vector<result<http::page<block>>>(parents.size(),
                                                                     fail(errc::not_signed_in, "sign in first"));
                co_return co_await o.blocks(*b.context.who, graphql::ids_of(parents), q);
            });
}

}  // namespace

void install_graph(graphql::graph& g, openings& o, service& s)
{
    using enum http::method;
    install_fields(g, o, s);
    const std::string property = "/properties/{property_id}/";
    g.mutation("closeNights", post, property + "blocks/", {.gives = "block"});
    g.mutation("openBlock", delete_, property + "blocks/{block_id}/", {});
    g.mutation("editCalendar", patch, property + "calendar/", {});
    g.mutation("setPricing", put, property + "pricing/", {.gives = "pricing"});
    g.mutation("addSeason", post, property + "seasons/", {.gives = "season"});
    g.mutation("replaceSeason", put, property + "seasons/{season_id}/", {.gives = "season"});
    g.mutation("removeSeason", delete_, property + "seasons/{season_id}/", {});
}

}  // namespace roost::calendar
