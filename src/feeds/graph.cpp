#include "feeds/graph.hpp"

#include "bookings/resources.hpp"
#include "feeds/addresses.hpp"
#include "feeds/service.hpp"

namespace roost::feeds {
namespace {

using graphql::batch;
using graphql::context;
using graphql::nothing;

constexpr std::uint32_t many_fetches = 20;  // beside what a short list costs

struct by_id
{
    feed_id id;

    static constexpr auto fields = schema::fields(field<&by_id::id>("id", "Which."));
};

std::unexpected<error> nobody() { return fail(errc::not_signed_in, "sign in first"); }

/// The lists that `f` (who, ids) gives, to who is signed in.
template <class R, class T, class F>
auto list_of_each(F f)
{
    return [f](batch& b, std::span<const T* const> parents, nothing) -> task<std::vector<result<std::vector<R>>>> {
        if (!b.context.who) co_return std::vector<result<std::vector<R>>>(parents.size(), nobody());
        co_return co_await f(*b.context.who, graphql::ids_of(parents));
    };
}

void install_feeds(graphql::graph& g, service& s)
{
    g.object<feed>("Feed", "A calendar of another platform that closes nights here, for the host.")
        .node([&s](context& c, std::vector<feed_id> ids) -> task<std::vector<feed>> {
            if (!c.who) co_return std::vector<feed>{};
            co_return co_await s.find_all(*c.who, std::move(ids));
        })
        .reference<property>("property", &feed::property, "Whose nights it closes.")
        .fetch<std::vector<fetch_record>, nothing>(
            "history", "Its last 100 fetches, the latest first.", many_fetches,
            list_of_each<fetch_record, feed>(
                [&s](const identity& who, std::vector<feed_id> ids) { return s.history(who, std::move(ids)); }))
        .fetch<std::vector<night_range>, nothing>(
            "closedNights", "What it closes, in order.", 1,
            list_of_each<night_range, feed>(
                [&s](const identity& who, std::vector<feed_id> ids) { return s.nights(who, std::move(ids)); }));
    g.object<conflict>("CalendarConflict", "A confirmed stay on nights that another calendar closes.")
        .reference<feed>("feed", &conflict::feed, "The feed that closes them.")
        .reference<bookings::booking>("booking", &conflict::booking, "The confirmed stay.");
    g.query().field<feed, by_id>("feed", "A feed and its health, as the host.",
                                 [&s](context& c, by_id a) -> task<result<feed>> {
                                     if (!c.who) co_return nobody();
                                     co_return co_await s.find(*c.who, a.id);
                                 });
}

void install_on_properties(graphql::graph& g, service& s, addresses& read_by_others)
{
    g.extend<property>()
        .fetch<std::vector<feed>, nothing>(
            "feeds", "The calendars of other platforms that close nights here, as the host.", 1,
            list_of_each<feed, property>(
                [&s](const identity& who, std::vector<property_id> ids) { return s.list(who, std::move(ids)); }))
        .fetch<std::vector<conflict>, nothing>(
            "conflicts", "Confirmed stays on nights that another calendar closes, as the host.", 1,
            list_of_each<conflict, property>(
                [&s](const identity& who, std::vector<property_id> ids) { return s.conflicts(who, std::move(ids)); }))
        .fetch<std::vector<ical_address>, nothing>(
            "icalAddresses", "Where others read its calendar, without what is secret of it, as the host.", 1,
            list_of_each<ical_address, property>([&read_by_others](const identity& who, std::vector<property_id> ids) {
                return read_by_others.list(who, std::move(ids));
            }));
}

}  // namespace

void install_graph(graphql::graph& g, service& s, addresses& read_by_others)
{
    using enum http::method;
    g.name<fetch_record>("FeedFetch");
    install_feeds(g, s);
    install_on_properties(g, s, read_by_others);
    const std::string property = "/properties/{property_id}/", one = "/feeds/{feed_id}/";
    g.mutation("addFeed", post, property + "feeds/", {.gives = "feed"});
    g.mutation("updateFeed", patch, one, {.gives = "feed"});
    g.mutation("removeFeed", delete_, one, {});
    g.mutation("refreshFeed", post, one + "refresh/", {.gives = "feed"});
    g.mutation("createIcalAddress", post, property + "ical/", {.gives = "address"});
    g.mutation("revokeIcalAddress", delete_, property + "ical/{address_id}/", {});
}

}  // namespace roost::feeds
