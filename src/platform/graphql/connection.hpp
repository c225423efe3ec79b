#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "platform/graphql/execute.hpp"
#include "platform/http/answers.hpp"

/// Lists in pages, as Relay's specification of connections has them.
namespace roost::graphql {

struct connection_page;

struct connection_edge
{
    const void* node;
    const void* row;
    const connection_page* page;
    std::size_t place;
};

/// A page of whatever type of rows. Edges point into it, so it stays where it is.
struct connection_page
{
    std::shared_ptr<const void> rows;
    std::vector<connection_edge> edges;
    http::row_places places;
    bool has_next = false, has_previous = false;
    std::optional<std::int64_t> count;
};

/// What a row shows as the node of its edge: itself, or its member `node`.
template <class Row>
const void* node_of(const Row& row)
{
    if constexpr (requires { row.node; })
        return &row.node;
    else
        return &row;
}

/// The page as a value of its connection's type.
template <class Row>
value as_connection(context& c, http::page<Row> page)
{
    auto& out = c.keep(connection_page{});
    auto rows = std::make_shared<const std::vector<Row>>(std::move(page.results));
    out.edges.reserve(rows->size());
    for (const auto& row : *rows) out.edges.push_back({node_of(row), &row, &out, out.edges.size()});
    out.rows = std::move(rows);
    out.places = std::move(page.places);
    out.has_next = page.next.has_value();
    out.has_previous = page.previous.has_value();
    out.count = page.count;
    return object{&out};
}

/// What stands behind the fields of a connection, an edge and PageInfo: by the field's name.
behaviour behaviour_of_connection(std::string_view field);
behaviour behaviour_of_edge(std::string_view field);
behaviour behaviour_of_page_info(std::string_view field);
/// A whole number, an amount or an object that is declared, as a value; std::logic_error for anything else.
value value_of(const roost::schema::type& t, const void* p);
/// Of a declared member of an edge's row.
behaviour behaviour_of_row(const roost::schema::field_info& f);

}  // namespace roost::graphql
