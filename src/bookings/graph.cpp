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

constexpr std::uint32_t one_statement = 20;  // beside what a list costs, for what is asked of each booking by itself

std::unexpected<error> nobody() { return fail(errc::not_signed_in, "sign in first"); }

/// Asks `f` (identity, booking) of each, for who is signed in: only they have bookings to ask it of.
template <class R, class F>
auto of_each(F f)
{
    return [f](batch& b, std::span<const booking* const> parents, nothing) {
        return graphql::for_each<R>(parents, [&b, f](const booking& one) { return f(*b.context.who, one); });
    };
}

void install_quotes(graphql::graph& g, service& s)
{
    g.object<quote>("Quote", "What a stay costs, for a while.")
        .reference<property>("property", &quote::property, "What for.");
    g.extend<property>().fetch<quote, new_quote>(
        "quote", "What a stay costs, as an offer that `createBooking` takes until it expires.", one_statement,
        [&s](batch& b, std::span<const property* const> parents, new_quote asked) -> task<std::vector<result<quote>>> {
            if (!b.context.who) co_return std::vector<result<quote>>(parents.size(), nobody());
            co_return co_await graphql::for_each<quote>(
                parents, [&](const property& p) { return s.quote_now(*b.context.who, p.id, asked); });
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
        .fetch<std::vector<booking_event>, nothing>(
            "history", "What happened to it, in order.", one_statement,
            of_each<std::vector<booking_event>>(
                [&s](const identity& who, const booking& b) { return s.history(who, b.id); }))
        .fetch<cancellation_preview, nothing>(
            "cancellationPreview", "What cancelling would give back, now and later.", one_statement,
            of_each<cancellation_preview>([&s](const identity& who, const booking& b) { return s.preview(who, b.id); }))
        .fetch<std::vector<alteration>, nothing>(
            "alterations", "The changes proposed for it, newest first.", one_statement,
            of_each<std::vector<alteration>>(
                [&changes](const identity& who, const booking& b) { return changes.list(who, b.id); }));
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
