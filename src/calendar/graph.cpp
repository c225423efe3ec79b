#include "calendar/graph.hpp"

namespace roost::calendar {
namespace {

using graphql::batch;
using graphql::nothing;
using properties_asked = std::span<const property* const>;

constexpr std::uint32_t one_statement = 20;  // beside what a list costs, for what is asked of each property by itself

/// Asks `f` (who, property, arguments) of each.
template <class R, class A, class F>
auto of_each(F f)
{
    return [f](batch& b, properties_asked parents, A a) -> task<std::vector<result<R>>> {
        co_return co_await graphql::for_each<R>(parents, [&](const property& p) { return f(b.context.who, p.id, a); });
    };
}

void install_fields(graphql::graph& g, openings& o, service& s)
{
    g.object<season>("Season", "A stretch of nights with prices and rules of its own.");
    g.extend<property>()
        .fetch<availability, window_query>(
            "availability", "Which nights are free; stay rules apply on top.", one_statement,
            of_each<availability, window_query>([&o](const std::optional<identity>& who, property_id p,
                                                     const window_query& w) { return o.look(who, p, w); }))
        .fetch<property_calendar, window_query>(
            "calendar", "Each night with its price, its rules, and whether it is free.", one_statement,
            of_each<property_calendar, window_query>([&s](const std::optional<identity>& who, property_id p,
                                                          const window_query& w) { return s.look(who, p, w); }))
        .fetch<property_pricing, nothing>(
            "pricing", "What nights, guests, lengths of stay and taxes cost.", one_statement,
            of_each<property_pricing, nothing>(
                [&s](const std::optional<identity>& who, property_id p, nothing) { return s.pricing_of(who, p); }))
        .fetch<std::vector<season>, nothing>(
            "seasons", "Its seasons, in order.", one_statement,
            of_each<std::vector<season>, nothing>(
                [&s](const std::optional<identity>& who, property_id p, nothing) { return s.seasons(who, p); }))
        .connection<block, blocks_query>(
            "blocks", "Nights closed by hand, import or feed from today on, as the host.",
            [&o](batch& b, properties_asked parents, blocks_query q) -> task<std::vector<result<http::page<block>>>> {
                if (!b.context.who)
                    co_return std::vector<result<http::page<block>>>(parents.size(),
                                                                     fail(errc::not_signed_in, "sign in first"));
                co_return co_await graphql::for_each<http::page<block>>(
                    parents, [&](const property& p) { return o.blocks(*b.context.who, p.id, q); });
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
