#include "search/graph.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace roost::search {
namespace {

/// A row of results: the property, and what only this search says of it.
struct match
{
    property node;
    std::optional<money> total_price;
    std::optional<std::int64_t> distance_m;

    static constexpr auto fields = schema::fields(
        field<&match::total_price>("total_price", "Of the whole stay with all fees and taxes, when dates were given."),
        field<&match::distance_m>("distance_m", "Metres from `near`, when that was given."));
};

match as_match(property_summary s)
{
    match m;
    auto& p = m.node;
    p.id = s.id, p.host_id = s.host_id, p.status = property_status::listed;
    p.title = std::move(s.title);
    p.property_type = s.property_type, p.room_type = s.room_type;
    p.address = std::move(s.address), p.location = s.location;
    p.nightly_price = s.nightly_price, p.cleaning_fee = s.cleaning_fee;
    p.capacity = s.capacity, p.bedrooms = s.bedrooms, p.beds = s.beds, p.bathrooms = s.bathrooms;
    p.amenities = std::move(s.amenities), p.images = std::move(s.images);
    p.booking_mode = s.booking_mode, p.payment_mode = s.payment_mode, p.cancellation_policy = s.cancellation_policy;
    p.rating = s.rating, p.rating_count = s.rating_count, p.version = s.version;
    m.total_price = s.total_price, m.distance_m = s.distance_m;
    return m;
}

/// Whether something is asked of the properties that a result does not say.
bool wants_more(const graphql::batch& b)
{
    static constexpr std::array<std::string_view, 12> beyond{
        "description",  "timeZone",    "taxBasisPoints", "houseRules", "cancellationPolicyId",
        "requestHolds", "checkInTime", "checkOutTime",   "stayRules",  "createdAt",
        "updatedAt",    "status"};
    static constexpr std::array<std::string_view, 2> by_edge{"edges", "node"};
    static constexpr std::array<std::string_view, 1> by_node{"nodes"};
    const auto is_beyond = [](std::string_view name) { return std::ranges::contains(beyond, name); };
    return std::ranges::any_of(b.wanted.at(by_edge), is_beyond) || std::ranges::any_of(b.wanted.at(by_node), is_beyond);
}

/// The whole properties. One that has gone meanwhile is left out.
task<> complete(http::page<match>& page, properties::service& all, const std::optional<identity>& who)
{
    std::vector<property_id> ids;
    ids.reserve(page.results.size());
    for (const auto& m : page.results) ids.push_back(m.node.id);
    std::unordered_map<property_id, property> found;
    for (auto& p : co_await all.show_all(std::move(ids), who)) found.emplace(p.id, std::move(p));
    http::page<match> whole{.results = {}, .next = {}, .previous = {}, .count = {}};
    for (std::size_t i = 0; i < page.results.size(); ++i)
    {
        const auto it = found.find(page.results[i].node.id);
        if (it == found.end()) continue;
        page.results[i].node = std::move(it->second);
        whole.results.push_back(std::move(page.results[i]));
        whole.places.rows.push_back(page.places.rows[i]);
    }
    page.results = std::move(whole.results);
    page.places.rows = std::move(whole.places.rows);
}

}  // namespace

void install_graph(graphql::graph& g, service& search, properties::service& properties)
{
    g.name<match>("PropertySearch");
    g.name<ordering>("PropertyOrder");
    g.query().connection<match, query>(
        "properties",
        "Listed properties that pass every filter. With dates: only those that can be booked for all these nights "
        "under all their rules, each with the exact total a quote would say.",
        [&](graphql::batch& b, query q) -> task<result<http::page<match>>> {
            auto found = co_await search.search(std::move(q));
            if (!found) co_return std::unexpected{std::move(found.error())};
            http::page<match> page{.results = {},
                                   .next = std::move(found->next),
                                   .previous = std::move(found->previous),
                                   .count = found->count,
                                   .places = std::move(found->places)};
            for (auto& s : found->results) page.results.push_back(as_match(std::move(s)));
            if (wants_more(b)) co_await complete(page, properties, b.context.who);
            co_return page;
        });
}

}  // namespace roost::search
