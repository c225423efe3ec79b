#include "platform/graphql/coercion.hpp"

#include <algorithm>
#include <format>

#include "platform/graphql/json_reader.hpp"
#include "platform/graphql/literal_reader.hpp"

namespace roost::graphql {

namespace {

bool has_variables(const ast::value& v)
{
    return v.kind == ast::value_kind::variable || std::ranges::any_of(v.items, has_variables)
           || std::ranges::any_of(v.members, [](const ast::member& m) { return has_variables(m.value); });
}

const input_map no_variables;

}  // namespace

const input* input::find(std::string_view name) const
{
    for (const auto& m : members)
        if (m.name == name) return &m.value;
    return nullptr;
}

std::expected<input_map, std::vector<error>> coerce_variables(const schema& s, const document& d,
                                                              const ast::operation& operation,
                                                              const boost::json::object& given, arena& into,
                                                              std::size_t max_errors)
{
    std::vector<error> errors;
    const ast::variable* current = nullptr;
    json_reader reader{
        into, max_errors, [&](std::string message) {
            errors.push_back(
                {.message = std::move(message), .code = code::bad_variables, .locations = {d.locate(current->at)}});
        }};
    const auto members = into.array<input_member>(operation.variables.size());
    std::size_t count = 0;
    for (const auto& v : operation.variables)
    {
        if (reader.full()) break;
        current = &v;
        reader.begin(v.name);
        const auto type = s.resolve(v.type);
        const auto* value = given.if_contains(v.name);
        std::optional<input> made;
        if (value)
            made = reader.read(type, *value);
        else if (v.default_value)
            made = coerce_literal(type, *v.default_value, into);
        else if (type.non_null())
            reader.fail("is required");
        if (made) members[count++] = {v.name, *made};
    }
    if (!errors.empty()) return std::unexpected{std::move(errors)};
    return input_map{members.first(count)};
}

std::expected<input_map, error> coerce_arguments(const document& d, const input_values& definitions,
                                                 std::span<const ast::argument> given, std::uint32_t at,
                                                 const input_map& variables, arena& into)
{
    const auto failure = [&](std::string_view name, std::string_view message, std::uint32_t where) {
        return std::unexpected{error{.message = std::format("the argument \"{}\" {}", name, message),
                                     .code = code::bad_variables,
                                     .locations = {d.locate(where)}}};
    };
    const auto members = into.array<input_member>(definitions.size());
    std::size_t count = 0;
    literal_reader reader{variables, into};
    for (const auto& definition : definitions)
    {
        const auto argument = std::ranges::find(given, definition.name, &ast::argument::name);
        const bool absent = argument == given.end();
        if (absent && definition.required()) return failure(definition.name, "is required", at);
        const bool lacks = absent || (reader.missing(argument->value) && !definition.required());
        if (lacks && !definition.default_value) continue;
        const auto value = lacks ? reader.default_of(definition) : reader.read(definition.type, argument->value);
        if (!value) return failure(definition.name, reader.message(), reader.at());
        members[count++] = {definition.name, *value};
    }
    return input_map{members.first(count)};
}

bool constant(std::span<const ast::argument> arguments)
{
    return std::ranges::none_of(arguments, [](const ast::argument& a) { return has_variables(a.value); });
}

std::optional<input> coerce_literal(type_ref type, const ast::value& literal, arena& into)
{
    return literal_reader{no_variables, into}.read(type, literal);
}

std::optional<std::string> literal_fault(const named_type& leaf, const ast::value& literal)
{
    if (leaf.kind() == type_kind::scalar && !leaf.built_in_scalar() && (!leaf.check() || has_variables(literal)))
        return std::nullopt;
    arena scratch;
    literal_reader reader{no_variables, scratch};
    if (reader.read({.named = &leaf, .around = {}}, literal)) return std::nullopt;
    return reader.message();
}

std::expected<bool, error> included(const document& d, std::span<const ast::directive> directives,
                                    const input_map& variables)
{
    for (const auto& directive : directives)
    {
        const bool skips = directive.name == "skip";
        if (!skips && directive.name != "include") continue;
        for (const auto& a : directive.arguments)
        {
            if (a.name != "if") continue;
            bool condition = a.value.is_true();
            if (a.value.kind == ast::value_kind::variable)
            {
                const auto* given = variables.find(a.value.text);
                if (!given || given->is_null())
                    return std::unexpected{error{
                        .message = std::format("the argument \"if\" must not be null, which ${} is", a.value.text),
                        .code = code::bad_variables,
                        .locations = {d.locate(a.value.at)}}};
                condition = given->boolean;
            }
            if (condition == skips) return false;
        }
    }
    return true;
}

}  // namespace roost::graphql
