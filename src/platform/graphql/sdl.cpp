#include "platform/graphql/sdl.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "platform/graphql/parser.hpp"
#include "platform/graphql/printer.hpp"
#include "platform/graphql/sdl_rules.hpp"

namespace roost::graphql {

namespace {

std::string text_of(const ast::value* description)
{
    return description ? std::string{description->text} : std::string{};
}

const ast::value* argument_of(std::span<const ast::directive> directives, std::string_view directive,
                              std::string_view argument)
{
    const auto d = std::ranges::find(directives, directive, &ast::directive::name);
    if (d == directives.end()) return nullptr;
    const auto a = std::ranges::find(d->arguments, argument, &ast::argument::name);
    return a == d->arguments.end() ? nullptr : &a->value;
}

bool has(std::span<const ast::directive> directives, std::string_view name)
{
    return std::ranges::find(directives, name, &ast::directive::name) != directives.end();
}

std::optional<std::string> deprecation(std::span<const ast::directive> directives)
{
    if (!has(directives, "deprecated")) return std::nullopt;
    const auto* reason = argument_of(directives, "deprecated", "reason");
    return std::string{reason ? reason->text : default_deprecation};
}

type_kind kind_of(ast::definition_kind kind)
{
    switch (kind)
    {
        case ast::definition_kind::object: return type_kind::object;
        case ast::definition_kind::interface: return type_kind::interface;
        case ast::definition_kind::union_type: return type_kind::union_type;
        case ast::definition_kind::enumeration: return type_kind::enumeration;
        case ast::definition_kind::input_object: return type_kind::input_object;
        default: return type_kind::scalar;
    }
}

std::vector<definition::input_value> describe(std::span<const ast::input_value> inputs)
{
    std::vector<definition::input_value> out;
    for (const auto& i : inputs)
    {
        auto& v = out.emplace_back();
        v.name = i.name;
        v.type = type_text(i.type.name, i.type.around);
        v.description = text_of(i.description);
        if (i.default_value) v.default_value = print(*i.default_value);
        v.deprecated = deprecation(i.directives);
        v.at = i.at;
    }
    return out;
}

/// Adds what a definition or an extension says to the type.
void add(definition::named_type& to, const ast::type_definition& from)
{
    for (const auto& i : from.interfaces) to.interfaces.emplace_back(i.text);
    for (const auto& m : from.members) to.members.emplace_back(m.text);
    for (const auto& f : from.fields)
        to.fields.push_back({.name = std::string{f.name},
                             .type = type_text(f.type.name, f.type.around),
                             .description = text_of(f.description),
                             .arguments = describe(f.arguments),
                             .deprecated = deprecation(f.directives),
                             .at = f.at});
    for (const auto& v : from.values)
        to.values.push_back({.name = std::string{v.name},
                             .description = text_of(v.description),
                             .deprecated = deprecation(v.directives),
                             .at = v.at});
    std::ranges::move(describe(from.inputs), std::back_inserter(to.inputs));
    to.one_of = to.one_of || has(from.directives, "oneOf");
    if (const auto* url = argument_of(from.directives, "specifiedBy", "url")) to.specified_by = url->text;
}

definition::directive describe_directive(const ast::type_definition& from)
{
    definition::directive d{.name = std::string{from.name}, .locations = {}};
    for (const auto& m : from.members) d.locations.push_back(*directive_location_of(m.text));
    d.description = text_of(from.description);
    d.arguments = describe(from.inputs);
    d.repeatable = from.repeatable;
    d.at = from.at;
    return d;
}

void add_roots(definition::schema& to, const document& sdl)
{
    to.query.clear();
    bool defined = false;
    for (const auto& d : sdl.type_definitions())
    {
        if (d.kind != ast::definition_kind::schema) continue;
        if (!d.extension)
        {
            defined = true;
            to.description = text_of(d.description);
            to.at = d.at;
        }
        for (const auto& r : d.root_types)
        {
            std::string* const roots[] = {&to.query, &to.mutation, &to.subscription};
            *roots[static_cast<std::size_t>(r.kind)] = r.type.text;
        }
    }
    if (defined) return;
    for (const auto& t : to.types)
    {
        if (t.name == "Query" && to.query.empty()) to.query = t.name;
        if (t.name == "Mutation" && to.mutation.empty()) to.mutation = t.name;
        if (t.name == "Subscription" && to.subscription.empty()) to.subscription = t.name;
    }
}

}  // namespace

std::expected<definition::schema, std::vector<error>> describe(const document& sdl)
{
    if (auto errors = check_sdl(sdl); !errors.empty()) return std::unexpected{std::move(errors)};
    definition::schema made;
    std::unordered_map<std::string_view, std::size_t> place;
    for (const auto& d : sdl.type_definitions())
    {
        if (d.kind == ast::definition_kind::directive) made.directives.push_back(describe_directive(d));
        if (d.kind == ast::definition_kind::directive || d.kind == ast::definition_kind::schema || d.extension)
            continue;
        place.emplace(d.name, made.types.size());
        auto& t = made.types.emplace_back(definition::named_type{.kind = kind_of(d.kind), .name = std::string{d.name}});
        t.description = text_of(d.description);
        t.at = d.at;
        add(t, d);
    }
    for (const auto& d : sdl.type_definitions())
        if (d.extension && d.kind != ast::definition_kind::schema) add(made.types[place.at(d.name)], d);
    add_roots(made, sdl);
    return made;
}

std::expected<schema_ptr, std::vector<error>> build_schema(std::string sdl)
{
    const auto parsed = parse(std::move(sdl));
    if (!parsed) return std::unexpected{std::vector{parsed.error()}};
    const auto described = describe(**parsed);
    if (!described) return std::unexpected{described.error()};
    return schema::build(*described, (*parsed)->source());
}

}  // namespace roost::graphql
