#include "platform/graphql/nodes.hpp"

#include <algorithm>
#include <stdexcept>

#include "platform/graphql/beside.hpp"
#include "platform/graphql/global_id.hpp"

namespace roost::graphql {
namespace {

constexpr std::size_t most_nodes = 100;

/// Everything that global ids name, at most one load for each type.
task<> load_all(const node_registry& nodes, context& c, std::span<const std::string_view> ids, std::span<value> out)
{
    struct group
    {
        std::vector<std::optional<uuid>> ids;
        std::vector<std::size_t> places;
        std::vector<value> found;
    };
    std::map<std::string_view, group> groups;
    for (std::size_t i = 0; i < ids.size(); ++i)
    {
        const auto id = parse_id(ids[i]);
        if (!id || !nodes.of.contains(id->type)) continue;
        auto& g = groups[id->type];
        g.ids.emplace_back(id->id);
        g.places.push_back(i);
    }
    std::vector<task<>> work;
    for (auto& [type, g] : groups)
    {
        g.found.resize(g.ids.size());
        work.push_back(nodes.load(c, type, g.ids, g.found));
    }
    co_await all_of(std::move(work));
    for (auto& [type, g] : groups)
        for (std::size_t i = 0; i < g.places.size(); ++i) out[g.places[i]] = std::move(g.found[i]);
}

}  // namespace

task<> node_registry::load(context& c, std::string_view type, std::span<const std::optional<uuid>> ids,
                           std::span<value> out) const
{
    const auto known = of.find(type);
    if (known == of.end()) throw std::logic_error("nobody loads " + std::string{type} + " by id");
    const auto& e = known->second;
    std::vector<uuid> each;
    for (const auto& id : ids)
        if (id) each.push_back(*id);
    std::ranges::sort(each);
    each.erase(std::ranges::unique(each).begin(), each.end());
    if (each.empty()) co_return;
    std::vector<value> found(each.size());
    co_await e.load(c, each, found);
    for (auto& v : found)
        if (auto* o = v.as<object>()) o->type = e.type;
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (ids[i]) out[i] = found[static_cast<std::size_t>(std::ranges::lower_bound(each, *ids[i]) - each.begin())];
}

resolver node_resolver(std::shared_ptr<const node_registry> nodes)
{
    return [nodes = std::move(nodes)](batch& b) -> task<> {
        const std::vector<std::string_view> id{b.arguments.find("id")->text};
        co_await load_all(*nodes, b.context, id, b.out.first(1));
    };
}

resolver nodes_resolver(std::shared_ptr<const node_registry> nodes)
{
    return [nodes = std::move(nodes)](batch& b) -> task<> {
        std::vector<std::string_view> ids;
        for (const auto& id : b.arguments.find("ids")->items) ids.push_back(id.text);
        for (auto& out : b.out)
        {
            if (ids.size() > most_nodes)
            {
                out = failure{.message = "at most 100 ids at a time", .code = name_of(errc::invalid_input)};
                continue;
            }
            std::vector<value> found(ids.size());
            co_await load_all(*nodes, b.context, ids, found);
            out = std::move(found);
        }
    };
}

}  // namespace roost::graphql
