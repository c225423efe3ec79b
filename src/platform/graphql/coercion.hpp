#pragma once
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/graphql/ast.hpp"
#include "platform/graphql/type_system.hpp"

namespace boost::json {
class object;
}

namespace roost::graphql {

enum class input_kind : std::uint8_t
{
    null,
    boolean,
    integer,
    floating,
    text,        ///< String, ID, and what custom scalars are written as
    enum_value,  ///< `text` is its name
    list,
    object,
};

struct input_member;

/// A value of an argument or a variable, coerced to its type: of an object exactly the members that are given or have a
/// default value, in the order of their definition. Made in an arena; texts are views of the document, of the request's
/// JSON or of the schema.
struct input
{
    input_kind kind = input_kind::null;
    bool boolean = false;
    std::int64_t integer = 0;
    double floating = 0;  ///< also set where `integer` is
    std::string_view text = {};
    std::span<const input> items = {};
    std::span<const input_member> members = {};

    bool is_null() const { return kind == input_kind::null; }
    /// The member of that name of an object, or nullptr.
    const input* find(std::string_view name) const;

    static input of(bool v) { return {.kind = input_kind::boolean, .boolean = v}; }
    static input of(std::int64_t v)
    {
        return {.kind = input_kind::integer, .integer = v, .floating = static_cast<double>(v)};
    }
    static input of(double v) { return {.kind = input_kind::floating, .floating = v}; }
    static input of(std::string_view v, input_kind k = input_kind::text) { return {.kind = k, .text = v}; }
    static input of(std::span<const input> v) { return {.kind = input_kind::list, .items = v}; }
    static input of(std::span<const input_member> v) { return {.kind = input_kind::object, .members = v}; }
};

struct input_member
{
    std::string_view name;
    input value;
};

/// Values by name: an operation's variables, or the arguments of a field or directive, those that are given or have a
/// default value.
class input_map
{
public:
    input_map() = default;
    explicit input_map(std::span<const input_member> members) : members_{members} {}

    /// nullptr when it is not given, which is not the same as null.
    const input* find(std::string_view name) const
    {
        for (const auto& m : members_)
            if (m.name == name) return &m.value;
        return nullptr;
    }
    std::span<const input_member> all() const { return members_; }

private:
    std::span<const input_member> members_;
};

/// The values of an operation's variables, from the request's JSON. Members that it does not declare are ignored.
/// What does not fit its type is code::bad_variables, at most `max_errors` of them. The result lives in `into` and
/// views `given`. The operation must be valid.
std::expected<input_map, std::vector<error>> coerce_variables(const schema& s, const document& d,
                                                              const ast::operation& operation,
                                                              const boost::json::object& given, arena& into,
                                                              std::size_t max_errors = 10);

/// The values of arguments, of a field or a directive at `at`. With a valid document and coerced variables only a
/// variable can still go wrong: null where its use does not allow it. The result lives in `into` and views the
/// document, the schema and the variables.
std::expected<input_map, error> coerce_arguments(const document& d, const input_values& definitions,
                                                 std::span<const ast::argument> given, std::uint32_t at,
                                                 const input_map& variables, arena& into);

/// Whether variables occur nowhere in these arguments, so that they can be coerced once for all requests.
bool constant(std::span<const ast::argument> arguments);

/// A literal without variables, coerced to `type`; nothing when it does not fit. Default values are read by it.
std::optional<input> coerce_literal(type_ref type, const ast::value& literal, arena& into);

/// What is wrong with a literal for a scalar or an enumeration, or nothing. Of a scalar with a check of its own a
/// literal that has variables in it is not checked.
std::optional<std::string> literal_fault(const named_type& leaf, const ast::value& literal);

/// Whether @skip and @include let a selection through. An error when a variable is null that must not be.
std::expected<bool, error> included(const document& d, std::span<const ast::directive> directives,
                                    const input_map& variables);

}  // namespace roost::graphql
