#include "platform/graphql/ast.hpp"

#include <bit>

#include "platform/graphql/name_index.hpp"

namespace roost::graphql {

std::string_view name_of(operation_kind kind)
{
    switch (kind)
    {
        case operation_kind::query: return "query";
        case operation_kind::mutation: return "mutation";
        case operation_kind::subscription: return "subscription";
    }
    return {};
}

std::string type_text(std::string_view name, wrapping around)
{
    if (around.non_null()) return type_text(name, around.nullable()) + '!';
    if (around.list()) return '[' + type_text(name, around.item()) + ']';
    return std::string{name};
}

location locate(std::string_view source, std::uint32_t at)
{
    location where;
    for (std::size_t i = 0; i < std::min<std::size_t>(at, source.size()); ++i)
    {
        const auto c = static_cast<unsigned char>(source[i]);
        if (c == '\n' || (c == '\r' && !source.substr(i + 1).starts_with('\n')))
            where = {.line = where.line + 1, .column = 1};
        else if (c != '\r' && (c & 0xC0) != 0x80)
            where.column += c >= 0xF0 ? 2 : 1;
    }
    return where;
}

location document::locate(std::uint32_t at) const { return graphql::locate(source_, at); }

const ast::fragment* document::fragment(std::string_view name) const
{
    if (fragment_slots_.empty()) return nullptr;
    const auto mask = fragment_slots_.size() - 1;
    for (auto at = hash_of(name) & mask; fragment_slots_[at] != 0; at = (at + 1) & mask)
        if (const auto& found = fragments_[fragment_slots_[at] - 1]; found.name == name) return &found;
    return nullptr;
}

void document::index_fragments()
{
    if (fragments_.empty()) return;
    fragment_slots_ = arena_.array<std::uint32_t>(std::bit_ceil(fragments_.size() * 2));
    const auto mask = fragment_slots_.size() - 1;
    for (std::uint32_t i = 0; i < fragments_.size(); ++i)
    {
        auto at = hash_of(fragments_[i].name) & mask;
        while (fragment_slots_[at] != 0 && fragments_[fragment_slots_[at] - 1].name != fragments_[i].name)
            at = (at + 1) & mask;
        fragment_slots_[at] = i + 1;
    }
}

const ast::operation* document::operation(std::string_view name) const
{
    if (name.empty()) return operations_.size() == 1 ? operations_.data() : nullptr;
    for (const auto& o : operations_)
        if (o.name == name) return &o;
    return nullptr;
}

}  // namespace roost::graphql
