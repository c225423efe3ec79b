#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/id.hpp"

/// Ids that are unique over all types: "Property:0192…". Clients must not look into them.
namespace roost::graphql {

struct global_id
{
    std::string_view type;  // a view of the text
    uuid id;
};

/// Appends it as JSON.
void write_id(std::string& out, std::string_view type, const uuid& id);
std::string id_text(std::string_view type, const uuid& id);

/// Nothing when the text is no global id.
std::optional<global_id> parse_id(std::string_view text);
/// The id of one of this type, from its global id or from REST's.
std::optional<uuid> parse_id(std::string_view text, std::string_view type);

}  // namespace roost::graphql
