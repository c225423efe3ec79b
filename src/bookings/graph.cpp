#include "bookings/graph.hpp"

#include "accounts/user.hpp"

namespace roost::bookings {
namespace {

using graphql::batch;
using graphql::context;
using graphql::nothing;

template <class Id>
struct by_id
{
    Id id;

    static constexpr auto fields = schema::fields(field<&by_id::id>("id", "Which."));
};

/// A quote is kept, with a transaction of its own, so it is made for each property by itself.
constexpr std::uint32_t made_for_each = 20;

std::unexpected<error> nobody() { return fail(errc::not_signed_in, "sign in first"); }

using bookings_asked = std::span<const booking* const>;  // by who is signed in: nobody else has any

void install_quotes(graphql::graph& g, service& s)
{
    g.object<quote>("Quote", "What a stay costs, for a while.")
        .reference<property>("property", &quote::property, "What for.");
    g.extend<property>().fetch<quote, new_quote>(
        "quote", "What a stay costs, as an offer that `createBooking` takes until it expires.", made_for_each,
        [&s](batch& b, std::span<const property* const> parents, new_quote asked) -> task<std::vector<result<quote>>> {
            if (!b.context.who) co_return std::vector<result<quote>>(parents.size(), nobody());
            // One after the other: connections for transactions are few, and others' as well.
            std::vector<result<quote>> made;
            for (const auto* p : parents) made.push_back(co_await s.quote_now(*b.context.who, p->id, asked));
            co_return made;
        });
    g.query().field<quote, by_id<quote_id>>("quote", "A quote of one's own.",
                                            [&s](context& c, by_id<quote_id> a) -> task<result<quote>> {
                                                if (!c.who) co_return nobody();
                                                co_return co_await s.find_quote(*c.who, a.id);
                                            });
    g.mutation("createQuote", http::method::post, "/properties/{property_id}/quote/", {.gives = "quote"});
}

void install_bookings(graphql::graph& g, service& s, alterations& changes)
{
    g.object<booking>("Booking", "A stay, for its guest and its host.")
        .node([&s](context& c, std::vector<booking_id> ids) -> task<std::vector<booking>> {
            if (!c.who) co_return std::vector<booking>{};
            co_return co_await s.find_all(*c.who, std::move(ids));
        })
        .reference<property>("property", &booking::property, "Where; null when it is not public any more.")
        .reference<public_profile>("guest", &booking::guest, "Who stays; null when the account is closed.")
        .reference<public_profile>("host", &booking::host, "Who lets; null when the account is closed.")
        .fetch<std::vector<booking_event>, nothing>("history", "What happened to it, in order.", 1,
                                                    [&s](batch& b, bookings_asked parents, nothing) {
                                                        return s.history(*b.context.who, graphql::ids_of(parents));
                                                    })
        .fetch<cancellation_preview, nothing>("cancellationPreview", "What cancelling would give back, now and later.",
                                              1,
                                              [&s](batch& b, bookings_asked parents, nothing) {
                                                  return s.preview(*b.context.who, graphql::ids_of(parents));
                                              })
        .fetch<std::vector<alteration>, nothing>("alterations", "The changes proposed for it, newest first.", 1,
                                                 [&changes](batch& b, bookings_asked parents, nothing) {
                                                     return changes.list(*b.context.who, graphql::ids_of(parents));
                                                 });
    g.query()
        .field<booking, by_id<booking_id>>("booking", "A booking, as its guest or host.",
                                           [&s](context& c, by_id<booking_id> a) -> task<result<booking>> {
                                               if (!c.who) co_return nobody();
                                               co_return co_await s.find(*c.who, a.id);
                                           })
        .connection<booking, booking_filter>("bookings", "One's own stays, or those at one's own places.",
                                             [&s](batch& b, booking_filter f) -> task<result<http::page<booking>>> {
                                                 if (!b.context.who) co_return nobody();
                                                 auto page = co_await s.list(*b.context.who, std::move(f));
                                                 if (!page) co_return std::unexpected{std::move(page.error())};
                                                 co_return http::page<booking>{
                                                     std::move(page->results), std::move(page->next),
                                                     std::move(page->previous), page->count, std::move(page->places)};
                                             });
    g.subscription().field<booking>("bookingChanged", "A stay of yours, or at a place of yours, that has changed.",
                                    "booking",
                                    [&s](context& c, const uuid& which) { return s.find(*c.who, booking_id{which}); });
}

void install_moves(graphql::graph& g)
{
    using enum http::method;
    g.mutation("createBooking", post, "/bookings/", {.gives = "booking"});
    g.mutation("acceptBooking", post, "/bookings/{booking_id}/accept/", {.gives = "booking"});
    g.mutation("declineBooking", post, "/bookings/{booking_id}/decline/", {.gives = "booking"});
    g.mutation("cancelBooking", post, "/bookings/{booking_id}/cancel/", {});
    g.mutation("reportNoShow", post, "/bookings/{booking_id}/no-show/", {});
    const std::string all = "/bookings/{booking_id}/alterations/", one = all + "{alteration_id}/";
    g.mutation("proposeAlteration", post, all, {.gives = "alteration"});
    g.mutation("acceptAlteration", post, one + "accept/", {.gives = "alteration"});
    g.mutation("declineAlteration", post, one + "decline/", {.gives = "alteration"});
    g.mutation("cancelAlteration", post, one + "cancel/", {.gives = "alteration"});
}

}  // namespace

void install_graph(graphql::graph& g, service& s, alterations& changes)
{
    g.name<side>("BookingSide");
    install_quotes(g, s);
    install_bookings(g, s, changes);
    g.object<alteration>("Alteration", "Other nights or guests for a booking, to be agreed on.")
        .reference<booking>("booking", &alteration::booking, "Of which booking.");
    install_moves(g);
}

}  // namespace roost::bookings
