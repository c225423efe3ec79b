#pragma once
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/id.hpp"
#include "platform/graphql/ast.hpp"
#include "platform/graphql/coercion.hpp"
#include "platform/graphql/context.hpp"
#include "platform/graphql/type_system.hpp"
#include "platform/graphql/value.hpp"
#include "platform/schema/schema.hpp"
#include "platform/task.hpp"

/// Execution (section 6 of the specification). A resolver takes all parents of its field at once, so what is asked of
/// twenty objects costs what it costs for one; fields that wait for nothing but their parents run beside each other.
/// The answer is written as JSON from the resolvers' values and the declared structs, without a tree in between.
namespace roost::graphql {

struct planned_field;
class planner;

/// What is selected below a field, for resolvers that fetch no more than that.
class wanted
{
    planner* planner_ = nullptr;
    const planned_field* field_ = nullptr;

public:
    wanted() = default;
    wanted(planner& p, const planned_field& f) : planner_{&p}, field_{&f} {}

    /// What is selected of the objects that are reached by these names from here, {"edges", "node"}: the fields'
    /// own names, once each.
    std::vector<std::string_view> at(std::span<const std::string_view> path) const;
    bool has(std::string_view name) const;
};

/// One field of all objects of a level.
struct batch
{
    graphql::context& context;
    std::span<const void* const> parents;
    const input_map& arguments;
    graphql::wanted wanted;
    std::span<value> out;  // one for each parent
};

/// Fetches. May throw: then the request fails as a whole.
using resolver = std::function<task<>(batch&)>;
/// Computes from what is there.
using getter = std::function<value(context&, const void* parent, const input_map& arguments)>;
/// A member of a declared struct.
struct declared
{
    const roost::schema::type* of;
    void* (*at)(void* object);
    std::string id_of = {};  // the node type whose id it is, "Property"
};

using behaviour = std::variant<std::monostate, declared, getter, resolver>;

/// What a field of the subscription's root tells: of the things that something was heard of under its topic, those that
/// `load` gives. Its value is the root of the event's execution.
struct event_source
{
    std::string topic;
    std::function<task<value>(context&, const uuid& thing)> load;
};
using event_sources = std::map<std::string, event_source, std::less<>>;  // by field

/// A schema with what stands behind its fields. Immutable, shared by all threads.
class executable
{
    schema_ptr schema_;
    std::vector<behaviour> behaviours_;  // by field::index
    std::vector<bool> waits_;            // by named_type::index
    event_sources sources_;

public:
    /// What a field does, for every field but those of introspection, which are there.
    using describer = std::function<behaviour(const named_type& parent, const field& f)>;

    executable(schema_ptr s, const describer& behaviour_of, event_sources sources = {});

    const graphql::schema& schema() const { return *schema_; }
    const behaviour& of(const field& f) const { return behaviours_[f.index]; }
    /// Of a field of the subscription's root.
    const event_source& source_of(const field& f) const { return sources_.at(f.name); }
    /// Whether something is fetched for objects of this type, or below them.
    bool waits(const named_type& t) const { return waits_[t.index()]; }
};

/// One request on its way.
struct execution
{
    const executable& how;
    const document& what;
    const ast::operation& operation;
    const input_map& variables;
    graphql::context& context;
    const void* root = nullptr;
};

struct executed
{
    bool data;    // is there, not null
    bool errors;  // are there
};

/// Appends `"data":…` and, if there were any, `,"errors":[…]`.
task<executed> execute(const execution& e, std::string& out);

/// Appends an error as JSON.
void write_error(std::string& out, const error& e);

}  // namespace roost::graphql
