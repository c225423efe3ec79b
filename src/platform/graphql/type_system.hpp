#pragma once
#include <algorithm>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/graphql/ast.hpp"
#include "platform/graphql/name_index.hpp"

/// The model of a schema. It is described by `definition`s, plain data that name types by text, and becomes a `schema`,
/// immutable and with everything resolved.
namespace roost::graphql {

struct input;
class named_type;

enum class type_kind : std::uint8_t
{
    scalar,
    object,
    interface,
    union_type,
    enumeration,
    input_object,
};

enum class directive_location : std::uint8_t
{
    query,
    mutation,
    subscription,
    field,
    fragment_definition,
    fragment_spread,
    inline_fragment,
    variable_definition,
    fragment_variable_definition,
    schema,
    scalar,
    object,
    field_definition,
    argument_definition,
    interface,
    union_type,
    enumeration,
    enum_value,
    input_object,
    input_field_definition,
    directive_definition,
};

/// "FRAGMENT_SPREAD"
std::string_view name_of(directive_location where);
std::optional<directive_location> directive_location_of(std::string_view name);

/// Why something is deprecated that does not say why.
inline constexpr std::string_view default_deprecation = "No longer supported";

/// Says what is wrong with a value for a scalar, "must be a date", or nothing. It sees values as they come: JSON's or
/// a literal's, whose enum values are texts.
using scalar_check = std::optional<std::string> (*)(const input& value);

/// How many objects a field's list has, for costs: the value of the first of `arguments` that is given, or its length
/// when it is a list, or else `assumed`. It counts for the fields named `sized` of what the field returns (`edges` and
/// `nodes` of a connection), or for the field itself when there are none.
struct list_size
{
    std::vector<std::string> arguments;
    std::vector<std::string> sized;
    std::uint32_t assumed = 0;

    bool operator==(const list_size&) const = default;
};

/// What a schema is made of, as code writes it down. Types are texts such as "[Property!]!", default values are GraphQL
/// literals such as "20" or "{currency: EUR}". `at` is where it stands in the SDL it comes from.
namespace definition {

struct input_value
{
    std::string name;
    std::string type;
    std::string description = {};
    std::optional<std::string> default_value = {};
    std::optional<std::string> deprecated = {};  ///< why
    std::uint32_t at = 0;
};

struct field
{
    std::string name;
    std::string type;
    std::string description = {};
    std::vector<input_value> arguments = {};
    std::optional<std::string> deprecated = {};
    list_size size = {};
    std::uint32_t cost = 0;  ///< beyond that of the objects it returns
    std::uint32_t at = 0;
};

struct enum_value
{
    std::string name;
    std::string description = {};
    std::optional<std::string> deprecated = {};
    std::uint32_t at = 0;
};

struct named_type
{
    type_kind kind;
    std::string name;
    std::string description = {};
    std::vector<std::string> interfaces = {};      ///< object, interface
    std::vector<field> fields = {};                ///< object, interface
    std::vector<std::string> members = {};         ///< union
    std::vector<enum_value> values = {};           ///< enumeration
    std::vector<input_value> inputs = {};          ///< input object
    bool one_of = false;                           ///< input object: exactly one member is given
    std::optional<std::string> specified_by = {};  ///< scalar: URL
    scalar_check check = nullptr;                  ///< scalar: takes everything without one
    std::uint32_t at = 0;
};

struct directive
{
    std::string name;
    std::vector<directive_location> locations;
    std::string description = {};
    std::vector<input_value> arguments = {};
    bool repeatable = false;
    std::uint32_t at = 0;
};

struct schema
{
    std::string description = {};
    std::vector<named_type> types = {};
    std::vector<directive> directives = {};
    std::string query = "Query";
    std::string mutation = {};      ///< empty: none
    std::string subscription = {};  ///< empty: none
    std::uint32_t at = 0;
};

}  // namespace definition

/// A type with what is around it, `[Property!]!`.
struct type_ref
{
    const named_type* named = nullptr;
    wrapping around;

    bool non_null() const { return around.non_null(); }
    bool list() const { return around.list(); }
    type_ref nullable() const { return {named, around.nullable()}; }
    type_ref item() const { return {named, around.item()}; }
    std::string text() const;
    bool operator==(const type_ref&) const = default;
};

/// An argument, or a field of an input object.
struct input_value
{
    std::string name;
    std::string description;
    type_ref type;
    const ast::value* default_value = nullptr;
    const input* default_input = nullptr;  ///< the default value, coerced
    std::optional<std::string> deprecated;
    std::uint32_t at = 0;

    bool required() const { return type.non_null() && !default_value; }
};

/// Arguments, or input fields, in their order.
class input_values
{
public:
    input_values() = default;
    explicit input_values(std::vector<input_value> values);

    const input_value* find(std::string_view name) const { return index_.find(values_, name); }
    std::span<const input_value> all() const { return values_; }
    bool empty() const { return values_.empty(); }
    std::size_t size() const { return values_.size(); }
    auto begin() const { return values_.begin(); }
    auto end() const { return values_.end(); }
    const input_value& operator[](std::size_t i) const { return values_[i]; }

private:
    friend class schema_builder;
    std::vector<input_value> values_;
    name_index index_;
};

struct field
{
    std::string name;
    std::string description;
    type_ref type;
    input_values arguments;
    std::optional<std::string> deprecated;
    list_size size;
    std::uint32_t cost = 0;
    std::uint32_t index = 0;             ///< unlike that of any other field of the schema, below schema::field_count()
    const named_type* parent = nullptr;  ///< nullptr for __typename, which all have
    std::uint32_t at = 0;
};

struct enum_value
{
    std::string name;
    std::string description;
    std::optional<std::string> deprecated;
    std::uint32_t at = 0;
};

class named_type
{
public:
    type_kind kind() const { return kind_; }
    const std::string& name() const { return name_; }
    const std::string& description() const { return description_; }
    std::uint32_t index() const { return index_; }  ///< its place in schema::types()
    std::uint32_t at() const { return at_; }
    /// One of the specification's: a scalar or a type of introspection.
    bool built_in() const { return built_in_; }

    bool composite() const
    {
        return kind_ == type_kind::object || kind_ == type_kind::interface || kind_ == type_kind::union_type;
    }
    bool abstract() const { return kind_ == type_kind::interface || kind_ == type_kind::union_type; }
    bool leaf() const { return kind_ == type_kind::scalar || kind_ == type_kind::enumeration; }
    bool input() const { return leaf() || kind_ == type_kind::input_object; }
    bool output() const { return kind_ != type_kind::input_object; }

    // Objects and interfaces.
    std::span<const graphql::field> fields() const { return fields_; }
    const graphql::field* field(std::string_view name) const { return field_index_.find(fields_, name); }
    std::span<const named_type* const> interfaces() const { return interfaces_; }
    bool implements(const named_type& interface) const;

    /// The objects it can be: of a union its members in order, of an interface whatever implements it, of an object
    /// itself.
    std::span<const named_type* const> possible() const { return possible_; }
    bool can_be(const named_type& object) const;
    /// What a union is declared of.
    std::span<const named_type* const> members() const { return members_; }

    // Enumerations.
    std::span<const enum_value> values() const { return values_; }
    const enum_value* value(std::string_view name) const { return value_index_.find(values_, name); }

    // Input objects.
    const input_values& inputs() const { return inputs_; }
    bool one_of() const { return one_of_; }

    // Scalars.
    const std::optional<std::string>& specified_by() const { return specified_by_; }
    scalar_check check() const { return check_; }
    /// Int, Float, String, Boolean or ID.
    bool built_in_scalar() const { return built_in_ && kind_ == type_kind::scalar; }

private:
    friend class schema_builder;
    friend class schema;
    friend bool overlap(const named_type& a, const named_type& b);

    type_kind kind_ = type_kind::scalar;
    bool one_of_ = false, built_in_ = false;
    std::uint32_t index_ = 0, at_ = 0;
    std::string name_, description_;
    std::vector<graphql::field> fields_;
    name_index field_index_;
    std::vector<const named_type*> interfaces_, members_, possible_;
    std::vector<std::uint64_t> possible_bits_;  // by index
    std::vector<enum_value> values_;
    name_index value_index_;
    input_values inputs_;
    std::optional<std::string> specified_by_;
    scalar_check check_ = nullptr;
};

/// Whether an object can be both.
bool overlap(const named_type& a, const named_type& b);

struct directive
{
    std::string name;
    std::string description;
    std::vector<directive_location> locations;
    input_values arguments;
    bool repeatable = false;
    bool built_in = false;
    std::uint32_t at = 0;

    bool allowed(directive_location where) const { return std::ranges::contains(locations, where); }
};

class schema;
using schema_ptr = std::shared_ptr<const schema>;

/// A schema: immutable, shared by everything that works with it. It has the built-in scalars, directives and the types
/// of introspection besides its own.
class schema
{
public:
    /// Resolves and checks a description: every rule of "Type System" in the specification. All that is wrong is told,
    /// with places in `source` where the description comes from one. Errors are code::invalid_document.
    static std::expected<schema_ptr, std::vector<error>> build(const definition::schema& from,
                                                               std::string_view source = {});

    const std::string& description() const { return description_; }
    std::uint32_t at() const { return at_; }

    /// In the order that introspection shows: each type, then those it refers to.
    std::span<const std::unique_ptr<named_type>> types() const { return types_; }
    const named_type* type(std::string_view name) const
    {
        const auto* found = type_index_.find(types_, name);
        return found ? found->get() : nullptr;
    }

    const named_type* query() const { return roots_[0]; }
    const named_type* mutation() const { return roots_[1]; }
    const named_type* subscription() const { return roots_[2]; }
    const named_type* root(operation_kind kind) const { return roots_[static_cast<std::size_t>(kind)]; }

    std::span<const graphql::directive> directives() const { return directives_; }
    const graphql::directive* directive(std::string_view name) const
    {
        return directive_index_.find(directives_, name);
    }

    /// The field of that name of `parent`: also __typename, and __schema and __type of the query's root.
    const field* find_field(const named_type& parent, std::string_view name) const;
    const field& typename_field() const { return meta_[0]; }
    const field& schema_field() const { return meta_[1]; }
    const field& type_field() const { return meta_[2]; }
    std::uint32_t field_count() const { return field_count_; }

    /// The schema's type for one written in a document; `named` is nullptr when there is none of that name.
    type_ref resolve(const ast::type& written) const { return {type(written.name), written.around}; }

    /// Whether every value of `part` is one of `whole` (covariance of results).
    static bool is_subtype(type_ref part, type_ref whole);

private:
    friend class schema_builder;

    std::string description_;
    std::uint32_t at_ = 0, field_count_ = 0;
    std::vector<std::unique_ptr<named_type>> types_;
    name_index type_index_;
    std::vector<graphql::directive> directives_;
    name_index directive_index_;
    const named_type* roots_[3] = {};
    std::vector<field> meta_;
    std::vector<std::unique_ptr<std::string>> literals_;  // the text of default values
    arena arena_;                                         // their nodes
};

}  // namespace roost::graphql
