#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/id.hpp"
#include "platform/graphql/arguments.hpp"
#include "platform/graphql/connection.hpp"
#include "platform/graphql/execute.hpp"
#include "platform/graphql/names.hpp"
#include "platform/graphql/nodes.hpp"
#include "platform/http/message.hpp"
#include "platform/schema/schema.hpp"

namespace roost::http {
class api;
struct operation;
}  // namespace roost::http

/// Where features declare what they have in the graph. Types follow from their declared structs: fields in camelCase,
/// ids global, what is optional nullable, enumerations in capitals. Only what leads to other objects has code of its
/// own.
namespace roost::graphql {

class graph;

/// The fields of an object type whose objects are `const T*`.
template <class T>
class object_type
{
    graph& g_;
    std::string name_;

public:
    object_type(graph& g, std::string name) : g_{g}, name_{std::move(name)} {}

    /// Can be had by its id: `load` (context&, std::vector<id>) → task<std::vector<T>> gives those that exist and may
    /// be seen by who asks.
    template <class F>
    object_type& node(F load);
    /// What the id in a member names; null when it is not there, or may not be seen.
    template <class U, class Id>
    object_type& reference(std::string name, Id T::* member, std::string doc);
    /// `load` (batch&, std::span<const T* const>, A) → task<std::vector<result<R>>>, one for each. The fields of A are
    /// its arguments. `cost` counts for every one.
    template <class R, class A, class F>
    object_type& fetch(std::string name, std::string doc, std::uint32_t cost, F load);
    /// A list in pages: `load` (batch&, std::span<const T* const>, Q) → task<std::vector<result<http::page<Row>>>>. Q
    /// is REST's query: limit, cursor and count are the connection's own, ordering becomes orderBy, the others filter.
    template <class Row, class Q, class F>
    object_type& connection(std::string name, std::string doc, F load);
    /// Computed from what is there.
    object_type& compute(std::string name, std::string type, std::string doc, value (*f)(const T&));
};

/// The fields of the query's root.
class query_root
{
    graph& g_;

public:
    explicit query_root(graph& g) : g_{g} {}

    /// `load` (context&, A) → task<result<R>>; what is not found is null.
    template <class R, class A, class F>
    query_root& field(std::string name, std::string doc, F load);
    /// A short list: `load` (context&, A) → task<result<std::vector<R>>>.
    template <class R, class A, class F>
    query_root& list(std::string name, std::string doc, F load);
    /// `load` (batch&, Q) → task<result<http::page<Row>>>.
    template <class Row, class Q, class F>
    query_root& connection(std::string name, std::string doc, F load);
};

/// The fields of the subscription's root.
class subscription_root
{
    graph& g_;

public:
    explicit subscription_root(graph& g) : g_{g} {}

    /// `load` (context&, const uuid&) → task<result<R>> gives what has that id, once something was heard of it under
    /// this topic; what it does not find is not told.
    template <class R, class F>
    subscription_root& field(std::string name, std::string doc, std::string topic, F load);
};

/// How a mutation shows what its operation answers.
struct mutation_shape
{
    std::string doc = {};
    std::string gives = {};  // the payload's field; empty: the answer's own fields are the payload's
};

/// No arguments.
struct nothing
{
    static constexpr std::array<roost::schema::field_info, 0> fields{};
};

class graph
{
public:
    explicit graph(http::api& operations);
    ~graph();
    graph(const graph&) = delete;

    /// The object type of T, under this name.
    template <class T>
    object_type<T> object(std::string name, std::string doc)
    {
        name_type(roost::schema::type_of<T>, name);
        describe(roost::schema::type_of<T>, std::move(doc));
        return {*this, std::move(name)};
    }
    /// The object type of T, which was declared, to give it more fields.
    template <class T>
    object_type<T> extend()
    {
        return {*this, output_name(roost::schema::type_of<T>)};
    }
    /// An enumeration or a struct whose own name is not the one it shall have.
    template <class T>
    void name(std::string as)
    {
        name_type(roost::schema::type_of<T>, std::move(as));
    }
    /// Whom a declared operation is for, for a field that does the same.
    std::function<result<void>(const context&)> rule_of(http::method m, std::string_view path) const;
    query_root query() { return query_root{*this}; }
    subscription_root subscription();
    /// A declared operation of REST as a mutation: its path parameters and body are the input, together with ifVersion
    /// where it takes If-Match, and clientMutationId, which is the Idempotency-Key where it takes one.
    void mutation(std::string name, http::method m, std::string_view path, mutation_shape shape);

    /// Throws std::logic_error with everything that is wrong with what was declared.
    std::shared_ptr<const executable> build();

    // For the templates of this file.
    void name_type(const roost::schema::type& t, std::string name);
    void describe(const roost::schema::type& t, std::string doc);
    /// The type as an output, without what may be around it: "Money", registered with everything below it.
    std::string output_name(const roost::schema::type& t);
    std::string output_type(const roost::schema::type& t);
    definition::field& add_field(const std::string& type, std::string name, std::string of, std::string doc,
                                 behaviour b);
    std::vector<definition::input_value> arguments_of(const roost::schema::type& t);
    std::vector<definition::input_value> connection_arguments(const std::string& field,
                                                              const roost::schema::type& query);
    std::string connection_type(const std::string& node, const roost::schema::type* row);
    void add_node(const roost::schema::type& id, const std::string& type, node_loader load);
    void add_source(std::string field, event_source s) { sources_.emplace(std::move(field), std::move(s)); }
    std::shared_ptr<const input_names> names_for_input() const { return inputs_; }
    std::shared_ptr<node_registry> nodes() const { return nodes_; }

private:
    std::string input_name(const roost::schema::type& t);
    std::string input_type(const roost::schema::field_info& f);
    std::string scalar_of(roost::schema::kind k);
    std::string enumeration(const roost::schema::type& t);
    std::string own_name(const roost::schema::type& t, std::string_view suffix);
    definition::named_type& type(const std::string& name);
    definition::named_type& add_type(definition::named_type t);
    void add_basics();
    void add_mutation_types();
    void add_payload(const std::string& name, const mutation_shape& shape, const roost::schema::type* answer);
    std::string mutation_input(const std::string& name, const http::operation& op);

    http::api& operations_;
    definition::schema schema_;
    std::map<std::string, std::size_t> places_;  // of types in schema_
    std::map<const roost::schema::type*, std::string> names_;
    std::map<std::string, const roost::schema::type*> named_;
    std::map<std::pair<std::string, std::string>, behaviour> behaviours_;
    std::map<std::pair<std::string, std::string>, const roost::schema::type*> ids_;  // fields that are ids, and of what
    std::set<std::string> connections_;
    event_sources sources_;
    std::shared_ptr<input_names> inputs_;
    std::shared_ptr<node_registry> nodes_;
};

}  // namespace roost::graphql

#include "platform/graphql/graph_templates.hpp"
