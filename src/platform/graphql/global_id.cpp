#include "platform/graphql/global_id.hpp"

namespace roost::graphql {

void write_id(std::string& out, std::string_view type, const uuid& id)
{
    out.push_back('"');
    out += id_text(type, id);
    out.push_back('"');
}

std::string id_text(std::string_view type, const uuid& id)
{
    std::string text{type};
    if (!text.empty()) text.push_back(':');
    return text += id.text();
}

std::optional<global_id> parse_id(std::string_view text)
{
    const auto colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    const auto id = uuid::parse(text.substr(colon + 1));
    if (!id) return std::nullopt;
    return global_id{text.substr(0, colon), *id};
}

std::optional<uuid> parse_id(std::string_view text, std::string_view type)
{
    if (const auto global = parse_id(text)) return global->type == type ? std::optional{global->id} : std::nullopt;
    return uuid::parse(text);
}

}  // namespace roost::graphql
