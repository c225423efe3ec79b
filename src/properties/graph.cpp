#include "properties/graph.hpp"

#include "accounts/user.hpp"
#include "properties/amenity_view.hpp"

namespace roost::properties {
namespace {

using graphql::context;

struct by_id
{
    property_id id;

    static constexpr auto fields = schema::fields(field<&by_id::id>("id", "Which."));
};

struct policy_by_id
{
    policy_id id;

    static constexpr auto fields = schema::fields(field<&policy_by_id::id>("id", "Which."));
};

template <class T>
result<T> only(std::vector<T> found)
{
    if (found.empty()) return fail(errc::not_found);
    return std::move(found.front());
}

void install_properties(graphql::graph& g, service& s)
{
    g.object<property>("Property", "A place to stay.")
        .node([&s](context& c, std::vector<property_id> ids) { return s.show_all(std::move(ids), c.who); })
        .reference<public_profile>("host", &property::host_id, "Who offers it.");
    g.query()
        .field<property, by_id>("property", "One property; null when it is not public and not one's own.",
                                [&s](context& c, by_id a) -> task<result<property>> {
                                    std::vector ids{a.id};
                                    co_return only(co_await s.show_all(std::move(ids), c.who));
                                })
        .connection<property, own_query>("myProperties", "The signed-in host's own in any status, newest first.",
                                         [&s](graphql::batch& b, own_query q) -> task<result<http::page<property>>> {
                                             if (!b.context.who) co_return fail(errc::not_signed_in, "sign in first");
                                             co_return co_await s.list_own(*b.context.who, std::move(q));
                                         })
        .list<amenity_view, graphql::nothing>(
            "amenities", "The vocabulary of what places offer.",
            [](context&, graphql::nothing) -> task<result<std::vector<amenity_view>>> { co_return vocabulary(); });
    g.mutation("createProperty", http::method::post, "/properties/", {.gives = "property"});
    g.mutation("updateProperty", http::method::patch, "/properties/{property_id}/", {.gives = "property"});
    g.mutation("deleteProperty", http::method::delete_, "/properties/{property_id}/", {});
}

void install_policies(graphql::graph& g, policies& all)
{
    g.object<policy>("CancellationPolicy", "Under which terms a stay may be cancelled by its guest.");
    g.query()
        .field<policy, policy_by_id>("cancellationPolicy", "One's own, a shipped one, or a listed property's.",
                                     [&all](context& c, policy_by_id a) { return all.find(c.who, a.id); })
        .list<policy, graphql::nothing>("cancellationPolicies",
                                        "What one may choose from: the shipped ones, then one's own.",
                                        [&all](context& c, graphql::nothing) { return all.list(c.who); });
    g.mutation("createCancellationPolicy", http::method::post, "/cancellation-policies/", {.gives = "policy"});
    g.mutation("updateCancellationPolicy", http::method::patch, "/cancellation-policies/{policy_id}/",
               {.gives = "policy"});
    g.mutation("archiveCancellationPolicy", http::method::delete_, "/cancellation-policies/{policy_id}/", {});
}

}  // namespace

void install_graph(graphql::graph& g, service& s, policies& all)
{
    g.name<amenity_view>("Amenity");
    g.name<cancellation_policy>("CancellationPolicyCode");
    install_properties(g, s);
    install_policies(g, all);
}

}  // namespace roost::properties
