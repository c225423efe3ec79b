#pragma once
#include <map>
#include <span>
#include <string>

#include "core/error.hpp"
#include "platform/graphql/coercion.hpp"
#include "platform/schema/schema.hpp"

namespace roost::graphql {

/// What arguments and inputs become: the declared structs that REST's bodies and queries are read into, by the same
/// reader, so that both refuse the same.
class input_names
{
    std::map<const roost::schema::type*, std::string> id_types_;  // "Property" of the type of its ids

    void write_value(std::string& json, const roost::schema::type& t, const input& v) const;
    void write_member(std::string& json, const roost::schema::field_info& f, const input& v) const;

public:
    void add_id(const roost::schema::type& id, std::string type) { id_types_.emplace(&id, std::move(type)); }
    /// Empty when these are no node's.
    std::string_view type_of_id(const roost::schema::type& id) const;

    /// Appends the members as a JSON object of the declared struct; those of other names are left out.
    void write(std::string& json, const roost::schema::type& object, std::span<const input_member> members) const;
    /// Reads a struct from them. errc::invalid_input points at what is wrong in GraphQL's names.
    result<void> read(std::span<const input_member> members, const roost::schema::type& object, void* into) const;
    template <class T>
    result<T> read(std::span<const input_member> members) const
    {
        T out{};
        if (auto good = read(members, roost::schema::type_of<T>, &out); !good)
            return std::unexpected{std::move(good.error())};
        return out;
    }
    /// Reads a list's query: `filter`, `orderBy`, and first, after, last and before as its limit and cursor.
    result<void> read_page(const input_map& arguments, bool count, const roost::schema::type& query, void* into) const;
};

/// The pointers of what is wrong with a list's query as those of the connection's arguments.
roost::error in_list_names(roost::error e, const input_map& arguments);
/// Its pointers in GraphQL's names.
roost::error in_graph_names(roost::error e);

}  // namespace roost::graphql
