#include "platform/graphql/introspection.hpp"

#include <map>
#include <stdexcept>

#include "platform/graphql/printer.hpp"

namespace roost::graphql::introspection {
namespace {

template <class T>
const T& as(const void* parent)
{
    return *static_cast<const T*>(parent);
}

value text_or_null(const std::string& text) { return text.empty() ? value{} : value{text}; }
value text_or_null(const std::optional<std::string>& text) { return text ? value{*text} : value{}; }

value type_of(context& c, type_ref t) { return object{&c.keep(t)}; }
value type_of(context& c, const named_type* t) { return t ? type_of(c, type_ref{t, {}}) : value{}; }

template <class Range>
value types_of(context& c, const Range& types)
{
    value::list all;
    for (const auto& t : types) all.push_back(type_of(c, &*t));
    return all;
}

bool with_deprecated(const input_map& arguments)
{
    const auto* given = arguments.find("includeDeprecated");
    return given && given->boolean;
}

/// Those that are shown, as objects.
template <class Range>
value shown(const Range& all, const input_map& arguments)
{
    value::list out;
    for (const auto& one : all)
        if (!one.deprecated || with_deprecated(arguments)) out.push_back(object{&one});
    return out;
}

std::string_view kind_of(type_ref t)
{
    if (t.non_null()) return "NON_NULL";
    if (t.list()) return "LIST";
    switch (t.named->kind())
    {
        case type_kind::scalar: return "SCALAR";
        case type_kind::object: return "OBJECT";
        case type_kind::interface: return "INTERFACE";
        case type_kind::union_type: return "UNION";
        case type_kind::enumeration: return "ENUM";
        case type_kind::input_object: return "INPUT_OBJECT";
    }
    std::unreachable();
}

/// The type itself, where nothing is around it.
const named_type* bare(const void* parent)
{
    const auto& t = as<type_ref>(parent);
    return t.around.bare() ? t.named : nullptr;
}

bool is(const named_type* t, auto... kinds) { return t && ((t->kind() == kinds) || ...); }

using function = value (*)(context&, const void*, const input_map&);
using table = std::map<std::string_view, function>;

const table schema_fields{
    {"description",
     [](context&, const void* p, const input_map&) { return text_or_null(as<schema>(p).description()); }},
    {"types", [](context& c, const void* p, const input_map&) { return types_of(c, as<schema>(p).types()); }},
    {"queryType", [](context& c, const void* p, const input_map&) { return type_of(c, as<schema>(p).query()); }},
    {"mutationType", [](context& c, const void* p, const input_map&) { return type_of(c, as<schema>(p).mutation()); }},
    {"subscriptionType",
     [](context& c, const void* p, const input_map&) { return type_of(c, as<schema>(p).subscription()); }},
    {"directives",
     [](context&, const void* p, const input_map&) -> value {
         value::list all;
         for (const auto& d : as<schema>(p).directives()) all.push_back(object{&d});
         return all;
     }},
};

const table type_fields{
    {"kind", [](context&, const void* p, const input_map&) -> value { return kind_of(as<type_ref>(p)); }},
    {"name", [](context&, const void* p, const input_map&) { return bare(p) ? value{bare(p)->name()} : value{}; }},
    {"description", [](context&, const void* p,
                       const input_map&) { return bare(p) ? text_or_null(bare(p)->description()) : value{}; }},
    {"specifiedByURL",
     [](context&, const void* p, const input_map&) {
         return is(bare(p), type_kind::scalar) ? text_or_null(bare(p)->specified_by()) : value{};
     }},
    {"fields",
     [](context&, const void* p, const input_map& a) {
         return is(bare(p), type_kind::object, type_kind::interface) ? shown(bare(p)->fields(), a) : value{};
     }},
    {"interfaces",
     [](context& c, const void* p, const input_map&) {
         return is(bare(p), type_kind::object, type_kind::interface) ? types_of(c, bare(p)->interfaces()) : value{};
     }},
    {"possibleTypes",
     [](context& c, const void* p, const input_map&) {
         return bare(p) && bare(p)->abstract() ? types_of(c, bare(p)->possible()) : value{};
     }},
    {"enumValues",
     [](context&, const void* p, const input_map& a) {
         return is(bare(p), type_kind::enumeration) ? shown(bare(p)->values(), a) : value{};
     }},
    {"inputFields",
     [](context&, const void* p, const input_map& a) {
         return is(bare(p), type_kind::input_object) ? shown(bare(p)->inputs(), a) : value{};
     }},
    {"ofType",
     [](context& c, const void* p, const input_map&) {
         const auto& t = as<type_ref>(p);
         if (t.non_null()) return type_of(c, t.nullable());
         return t.list() ? type_of(c, t.item()) : value{};
     }},
    {"isOneOf",
     [](context&, const void* p, const input_map&) {
         return is(bare(p), type_kind::input_object) ? value{bare(p)->one_of()} : value{};
     }},
};

/// What fields, arguments and enum values have alike.
template <class T>
table described()
{
    return {
        {"name", [](context&, const void* p, const input_map&) -> value { return as<T>(p).name; }},
        {"description", [](context&, const void* p, const input_map&) { return text_or_null(as<T>(p).description); }},
        {"isDeprecated",
         [](context&, const void* p, const input_map&) -> value { return as<T>(p).deprecated.has_value(); }},
        {"deprecationReason",
         [](context&, const void* p, const input_map&) { return text_or_null(as<T>(p).deprecated); }},
    };
}

table with(table all, table more)
{
    all.merge(more);
    return all;
}

const table field_fields =
    with(described<field>(),
         {{"args", [](context&, const void* p, const input_map& a) { return shown(as<field>(p).arguments, a); }},
          {"type", [](context& c, const void* p, const input_map&) { return type_of(c, as<field>(p).type); }}});

const table input_value_fields =
    with(described<input_value>(),
         {{"type", [](context& c, const void* p, const input_map&) { return type_of(c, as<input_value>(p).type); }},
          {"defaultValue", [](context&, const void* p, const input_map&) {
               const auto* literal = as<input_value>(p).default_value;
               return literal ? value{print(*literal)} : value{};
           }}});

const table directive_fields{
    {"name", [](context&, const void* p, const input_map&) -> value { return as<directive>(p).name; }},
    {"description",
     [](context&, const void* p, const input_map&) { return text_or_null(as<directive>(p).description); }},
    {"isRepeatable", [](context&, const void* p, const input_map&) -> value { return as<directive>(p).repeatable; }},
    {"locations",
     [](context&, const void* p, const input_map&) -> value {
         value::list all;
         for (const auto at : as<directive>(p).locations) all.emplace_back(name_of(at));
         return all;
     }},
    {"args", [](context&, const void* p, const input_map& a) { return shown(as<directive>(p).arguments, a); }},
    // No directive of ours is deprecated.
    {"isDeprecated", [](context&, const void*, const input_map&) -> value { return false; }},
    {"deprecationReason", [](context&, const void*, const input_map&) { return value{}; }},
};

const table& table_of(const std::string& type)
{
    static const table enum_value_fields = described<enum_value>();
    if (type == "__Schema") return schema_fields;
    if (type == "__Type") return type_fields;
    if (type == "__Field") return field_fields;
    if (type == "__InputValue") return input_value_fields;
    if (type == "__EnumValue") return enum_value_fields;
    if (type == "__Directive") return directive_fields;
    throw std::logic_error("introspection does not know " + type);
}

}  // namespace

getter getter_of(const field& f) { return table_of(f.parent->name()).at(f.name); }

getter root_getter_of(const schema& s, const field& f)
{
    if (f.name == "__schema") return [&s](context&, const void*, const input_map&) -> value { return object{&s}; };
    return [&s](context& c, const void*, const input_map& arguments) {
        return type_of(c, s.type(arguments.find("name")->text));
    };
}

}  // namespace roost::graphql::introspection
