#include <algorithm>
#include <format>
#include <unordered_map>

#include "platform/graphql/coercion.hpp"
#include "platform/graphql/validation_rules.hpp"

namespace roost::graphql {

namespace {

/// Whether two have one name; most have few names to compare.
template <class T>
bool has_duplicates(std::span<const T> values)
{
    constexpr std::size_t few = 12;
    if (values.size() > few) return true;  // more is for the slow way to say
    for (std::size_t i = 1; i < values.size(); ++i)
        if (std::ranges::contains(values.first(i), values[i].name, &T::name)) return true;
    return false;
}

void check_unique(validation_context& c, std::span<const ast::argument> given)
{
    if (!has_duplicates(given)) return;
    std::unordered_map<std::string_view, std::vector<std::uint32_t>> places;
    for (const auto& a : given) places[a.name].push_back(a.at);
    for (const auto& a : given)
        if (const auto& at = places[a.name]; at.size() > 1 && at.front() == a.at)
            c.report("UniqueArgumentNames", std::format("the argument \"{}\" is given more than once", a.name), at);
}

void check_unique(validation_context& c, std::span<const ast::member> members)
{
    if (!has_duplicates(members)) return;
    std::unordered_map<std::string_view, std::uint32_t> first;
    for (const auto& m : members)
        if (const auto [seen, fresh] = first.emplace(m.name, m.at); !fresh)
            c.report("UniqueInputFieldNames", std::format("the field \"{}\" is given more than once", m.name),
                     {seen->second, m.at});
}

/// Notes the variables in a value, and checks what holds of values of every type.
void note(validation_context& c, const ast::value& v, const variable_usage& where, definition_facts& facts)
{
    switch (v.kind)
    {
        case ast::value_kind::variable:
            facts.variables.push_back({&v, where.type, where.has_default, where.of_one_of});
            return;
        case ast::value_kind::list: {
            const auto item = where.type.named && where.type.list() ? where.type.item() : type_ref{};
            for (const auto& i : v.items) note(c, i, {.type = item}, facts);
            return;
        }
        case ast::value_kind::object: {
            check_unique(c, v.members);
            const auto* t = where.type.named;
            for (const auto& m : v.members)
            {
                const auto* f = t ? t->inputs().find(m.name) : nullptr;
                note(c, m.value,
                     {.type = f ? f->type : type_ref{},
                      .has_default = f && f->default_value,
                      .of_one_of = f && t->one_of() && where.type.around.bare()},
                     facts);
            }
            return;
        }
        default: return;
    }
}

class literal_check
{
public:
    explicit literal_check(validation_context& c) : context_{c} {}

    void check(const ast::value& v, type_ref type)
    {
        if (v.kind == ast::value_kind::variable || context_.done()) return;
        if (v.kind == ast::value_kind::null)
        {
            if (type.non_null()) report(std::format("{} must not be null", type.text()), v.at);
            return;
        }
        if (type.list())
        {
            const auto item = type.item();
            if (v.kind != ast::value_kind::list) return check(v, item);
            for (const auto& i : v.items) check(i, item);
            return;
        }
        if (type.named->kind() == type_kind::input_object) return check_object(v, *type.named);
        if (const auto fault = literal_fault(*type.named, v))
            report(std::format("a value of {} {}.{}", type.named->name(), *fault, other_values(v, *type.named)), v.at);
    }

private:
    void report(std::string message, std::uint32_t at)
    {
        context_.report("ValuesOfCorrectType", std::move(message), {at});
    }

    std::string other_values(const ast::value& v, const named_type& t) const
    {
        if (v.kind != ast::value_kind::enumeration || t.kind() != type_kind::enumeration) return {};
        return context_.suggestion(v.text, [&] { return names_of(t.values()); });
    }

    void check_object(const ast::value& v, const named_type& t)
    {
        if (v.kind != ast::value_kind::object)
            return report(std::format("a value of {} must be an object", t.name()), v.at);
        for (const auto& f : t.inputs())
        {
            const auto given = std::ranges::find_last(v.members, f.name, &ast::member::name);
            if (!given.empty())
                check(given.front().value, f.type);
            else if (f.required())
                report(std::format("{} needs its field \"{}\"", t.name(), f.name), v.at);
        }
        std::size_t known = 0;
        const ast::member* last = nullptr;
        for (const auto& m : v.members)
        {
            if (!t.inputs().find(m.name))
                report(std::format("{} has no field \"{}\".{}", t.name(), m.name,
                                   context_.suggestion(m.name, [&] { return names_of(t.inputs()); })),
                       m.at);
            else if (++known == 1)
                last = &m;
        }
        if (t.one_of() && (known != 1 || last->value.kind == ast::value_kind::null))
            report(std::format("{} needs exactly one field, which must not be null", t.name()), v.at);
    }

    validation_context& context_;
};

}  // namespace

void check_value(validation_context& c, const ast::value& v, const variable_usage& where, definition_facts& facts)
{
    note(c, v, where, facts);
    if (where.type.named) literal_check{c}.check(v, where.type);
}

void check_unknown_arguments(validation_context& c, std::span<const ast::argument> given, definition_facts& facts)
{
    check_unique(c, given);
    for (const auto& a : given) note(c, a.value, {}, facts);
}

void check_arguments(validation_context& c, std::span<const ast::argument> given, const argument_place& place,
                     definition_facts& facts)
{
    check_unique(c, given);
    for (const auto& a : given)
    {
        const auto* definition = place.definitions.find(a.name);
        if (!definition)
            c.report("KnownArgumentNames",
                     std::format("\"{}\" has no argument \"{}\".{}", place.owner, a.name,
                                 c.suggestion(a.name, [&] { return names_of(place.definitions); })),
                     {a.at});
        const auto type = definition ? definition->type : type_ref{};
        check_value(c, a.value, {.type = type, .has_default = definition && definition->default_value}, facts);
    }
    for (const auto& definition : place.definitions)
        if (definition.required() && !std::ranges::contains(given, definition.name, &ast::argument::name))
            c.report("ProvidedRequiredArguments",
                     std::format("\"{}\" needs its argument \"{}\" of type {}", place.owner, definition.name,
                                 definition.type.text()),
                     {place.at});
}

}  // namespace roost::graphql
