#pragma once
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/id.hpp"
#include "platform/graphql/execute.hpp"

namespace roost::graphql {

/// Sets the objects of these ids, each of which is there once; what cannot be seen stays null.
using node_loader = std::function<task<>(context&, std::span<const uuid> ids, std::span<value> out)>;

/// Who loads which type's objects by id.
struct node_registry
{
    struct entry
    {
        node_loader load;
        const named_type* type = nullptr;
    };
    std::map<std::string, entry, std::less<>> of;

    /// An object for each id, also of ids that are there several times. `type` must be registered.
    task<> load(context& c, std::string_view type, std::span<const std::optional<uuid>> ids,
                std::span<value> out) const;
};

/// Of `node(id)` and `nodes(ids)`.
resolver node_resolver(std::shared_ptr<const node_registry> nodes);
resolver nodes_resolver(std::shared_ptr<const node_registry> nodes);

}  // namespace roost::graphql
