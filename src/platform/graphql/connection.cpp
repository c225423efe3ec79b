#include "platform/graphql/connection.hpp"

#include <stdexcept>

namespace roost::graphql {
namespace {

const connection_page& page(const void* parent) { return *static_cast<const connection_page*>(parent); }
const connection_edge& edge(const void* parent) { return *static_cast<const connection_edge*>(parent); }

value cursor_at(const connection_page& p, bool last)
{
    if (p.edges.empty()) return {};
    return p.places.cursor_of(last ? p.edges.size() - 1 : 0);
}

value edges(context&, const void* parent, const input_map&)
{
    value::list all;
    for (const auto& e : page(parent).edges) all.emplace_back(object{&e});
    return all;
}

value nodes(context&, const void* parent, const input_map&)
{
    value::list all;
    for (const auto& e : page(parent).edges) all.emplace_back(object{e.node});
    return all;
}

value total_count(context&, const void* parent, const input_map&)
{
    const auto& count = page(parent).count;
    return count ? value{*count} : value{};
}

}  // namespace

value value_of(const roost::schema::type& t, const void* p)
{
    using roost::schema::kind;
    switch (t.k)
    {
        case kind::optional: {
            const void* inner = t.peek(p);
            return inner ? value_of(*t.element, inner) : value{};
        }
        case kind::int32: return *static_cast<const std::int32_t*>(p);
        case kind::int64: return *static_cast<const std::int64_t*>(p);
        case kind::money:
        case kind::object: return object{p};
        default: throw std::logic_error("only whole numbers, amounts and objects become values");
    }
}

behaviour behaviour_of_connection(std::string_view field)
{
    if (field == "edges") return getter{edges};
    if (field == "nodes") return getter{nodes};
    if (field == "totalCount") return getter{total_count};
    return getter{[](context&, const void* parent, const input_map&) -> value { return object{parent}; }};
}

behaviour behaviour_of_edge(std::string_view field)
{
    if (field == "node")
        return getter{[](context&, const void* e, const input_map&) -> value { return object{edge(e).node}; }};
    return getter{[](context&, const void* e, const input_map&) -> value {
        return edge(e).page->places.cursor_of(edge(e).place);
    }};
}

behaviour behaviour_of_page_info(std::string_view field)
{
    if (field == "hasNextPage")
        return getter{[](context&, const void* p, const input_map&) -> value { return page(p).has_next; }};
    if (field == "hasPreviousPage")
        return getter{[](context&, const void* p, const input_map&) -> value { return page(p).has_previous; }};
    if (field == "startCursor")
        return getter{[](context&, const void* p, const input_map&) { return cursor_at(page(p), false); }};
    return getter{[](context&, const void* p, const input_map&) { return cursor_at(page(p), true); }};
}

behaviour behaviour_of_row(const roost::schema::field_info& f)
{
    return getter{[&f](context&, const void* e, const input_map&) {
        return value_of(*f.of, f.at(const_cast<void*>(edge(e).row)));
    }};
}

}  // namespace roost::graphql
