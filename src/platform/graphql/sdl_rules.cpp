#include "platform/graphql/sdl_rules.hpp"

#include <algorithm>
#include <format>
#include <map>
#include <string>
#include <utility>

#include "platform/graphql/built_in.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/type_system.hpp"

namespace roost::graphql {

namespace {

const document& built_in_document()
{
    static const document_ptr parsed = *parse(std::string{built_in_sdl()});
    return *parsed;
}

bool is_type(const ast::type_definition& d)
{
    return d.kind != ast::definition_kind::schema && d.kind != ast::definition_kind::directive;
}

directive_location location_of(ast::definition_kind kind)
{
    switch (kind)
    {
        case ast::definition_kind::schema: return directive_location::schema;
        case ast::definition_kind::scalar: return directive_location::scalar;
        case ast::definition_kind::object: return directive_location::object;
        case ast::definition_kind::interface: return directive_location::interface;
        case ast::definition_kind::union_type: return directive_location::union_type;
        case ast::definition_kind::enumeration: return directive_location::enumeration;
        case ast::definition_kind::input_object: return directive_location::input_object;
        default: return directive_location::directive_definition;
    }
}

class rules
{
public:
    explicit rules(const document& d) : document_{d}
    {
        for (const auto* from : {&built_in_document(), &d})
            for (const auto& t : from->type_definitions())
            {
                if (t.kind == ast::definition_kind::directive) directives_[t.name] = &t;
                if (is_type(t) && !t.extension) known_types_.emplace(t.name, &t);
            }
        for (const auto& t : d.type_definitions())
            if (is_type(t) && !t.extension) own_types_.emplace(t.name, &t);
    }

    std::vector<error> check()
    {
        check_schema_definitions();
        for (const auto& t : document_.type_definitions()) check(t);
        return std::move(errors_);
    }

private:
    using places = std::map<std::string_view, std::uint32_t>;

    void fail(std::string_view rule, std::string message, std::initializer_list<std::uint32_t> at)
    {
        auto& e = errors_.emplace_back(
            error{.message = std::move(message), .code = code::invalid_document, .locations = {}, .rule = rule});
        for (const auto a : at) e.locations.push_back(document_.locate(a));
    }

    void unique(places& seen, std::string_view name, std::uint32_t at, std::string_view rule, std::string_view what)
    {
        const auto [first, fresh] = seen.emplace(name, at);
        if (!fresh) fail(rule, std::format("there is more than one {} \"{}\"", what, name), {first->second, at});
    }

    void check_schema_definitions()
    {
        places roots;
        bool defined = false;
        for (const auto& d : document_.type_definitions())
        {
            if (d.kind != ast::definition_kind::schema) continue;
            if (!d.extension && std::exchange(defined, true))
                fail("LoneSchemaDefinition", "there is more than one schema definition", {d.at});
            for (const auto& r : d.root_types)
                unique(roots, name_of(r.kind), r.at, "UniqueOperationTypes", "root type of");
        }
    }

    void check(const ast::type_definition& t)
    {
        if (is_type(t) && !t.extension) unique(type_names_, t.name, t.name_at, "UniqueTypeNames", "type");
        if (t.kind == ast::definition_kind::directive)
            unique(directive_names_, t.name, t.name_at, "UniqueDirectiveNames", "directive");
        if (t.extension && is_type(t)) check_extension(t);
        check_directives(t.directives, location_of(t.kind), used_on_[{t.kind == ast::definition_kind::schema, t.name}]);
        check_parts(t);
    }

    void check_extension(const ast::type_definition& t)
    {
        const auto found = own_types_.find(t.name);
        if (found == own_types_.end())
            fail("PossibleTypeExtensions", std::format("there is no type \"{}\" to extend", t.name), {t.name_at});
        else if (found->second->kind != t.kind)
            fail("PossibleTypeExtensions", std::format("\"{}\" is of another kind than its extension", t.name),
                 {found->second->at, t.at});
    }

    void check_parts(const ast::type_definition& t)
    {
        for (const auto& i : t.interfaces) check_type_name(i.text, i.at);
        for (const auto& r : t.root_types) check_type_name(r.type.text, r.type.at);
        if (t.kind == ast::definition_kind::union_type)
            for (const auto& m : t.members) check_type_name(m.text, m.at);
        auto& fields = fields_of_[t.name];
        for (const auto& f : t.fields)
        {
            unique(fields, f.name, f.name_at, "UniqueFieldDefinitionNames", "field");
            check_type_name(f.type.name, f.type.name_at);
            check_directives(f.directives, directive_location::field_definition);
            check_arguments(f.arguments);
        }
        for (const auto& v : t.values)
        {
            unique(values_of_[t.name], v.name, v.name_at, "UniqueEnumValueNames", "value");
            check_directives(v.directives, directive_location::enum_value);
        }
        if (t.kind == ast::definition_kind::directive) return check_arguments(t.inputs);
        for (const auto& i : t.inputs)
        {
            unique(fields, i.name, i.name_at, "UniqueFieldDefinitionNames", "field");
            check_input(i, directive_location::input_field_definition);
        }
    }

    void check_arguments(std::span<const ast::input_value> arguments)
    {
        places seen;
        for (const auto& a : arguments)
        {
            unique(seen, a.name, a.name_at, "UniqueArgumentDefinitionNames", "argument");
            check_input(a, directive_location::argument_definition);
        }
    }

    void check_input(const ast::input_value& i, directive_location where)
    {
        check_type_name(i.type.name, i.type.name_at);
        if (i.default_value) check_members(*i.default_value);
        check_directives(i.directives, where);
    }

    void check_type_name(std::string_view name, std::uint32_t at)
    {
        if (!known_types_.contains(name)) fail("KnownTypeNames", std::format("there is no type \"{}\"", name), {at});
    }

    void check_members(const ast::value& v)
    {
        for (const auto& i : v.items) check_members(i);
        places seen;
        for (const auto& m : v.members)
        {
            unique(seen, m.name, m.at, "UniqueInputFieldNames", "input field");
            check_members(m.value);
        }
    }

    void check_directives(std::span<const ast::directive> used, directive_location where)
    {
        places seen;
        check_directives(used, where, seen);
    }

    void check_directives(std::span<const ast::directive> used, directive_location where, places& seen)
    {
        for (const auto& d : used)
        {
            check_argument_values(d);
            const auto found = directives_.find(d.name);
            if (found == directives_.end())
            {
                fail("KnownDirectives", std::format("there is no directive \"@{}\"", d.name), {d.at});
                continue;
            }
            const auto& definition = *found->second;
            if (std::ranges::find(definition.members, name_of(where), &ast::name::text) == definition.members.end())
                fail("KnownDirectives", std::format("@{} may not stand on {}", d.name, name_of(where)), {d.at});
            if (!definition.repeatable) unique(seen, d.name, d.at, "UniqueDirectivesPerLocation", "directive");
            check_argument_names(d, definition);
        }
    }

    void check_argument_values(const ast::directive& d)
    {
        places seen;
        for (const auto& a : d.arguments)
        {
            unique(seen, a.name, a.at, "UniqueArgumentNames", "argument");
            check_members(a.value);
        }
    }

    void check_argument_names(const ast::directive& d, const ast::type_definition& definition)
    {
        for (const auto& a : d.arguments)
            if (std::ranges::find(definition.inputs, a.name, &ast::input_value::name) == definition.inputs.end())
                fail("KnownArgumentNamesOnDirectives", std::format("@{} has no argument \"{}\"", d.name, a.name),
                     {a.at});
        for (const auto& i : definition.inputs)
        {
            const bool required = i.type.around.non_null() && !i.default_value;
            if (required && std::ranges::find(d.arguments, i.name, &ast::argument::name) == d.arguments.end())
                fail("ProvidedRequiredArgumentsOnDirectives",
                     std::format("@{} needs its argument \"{}\"", d.name, i.name), {d.at});
        }
    }

    const document& document_;
    std::vector<error> errors_;
    std::map<std::string_view, const ast::type_definition*> directives_, known_types_, own_types_;
    places type_names_, directive_names_;
    std::map<std::string_view, places> fields_of_, values_of_;
    std::map<std::pair<bool, std::string_view>, places> used_on_;
};

}  // namespace

std::vector<error> check_sdl(const document& sdl) { return rules{sdl}.check(); }

}  // namespace roost::graphql
