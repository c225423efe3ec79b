#include <algorithm>
#include <format>
#include <unordered_map>

#include "platform/graphql/validation_rules.hpp"

namespace roost::graphql {

namespace {

directive_location location_of(operation_kind kind)
{
    switch (kind)
    {
        case operation_kind::query: return directive_location::query;
        case operation_kind::mutation: return directive_location::mutation;
        case operation_kind::subscription: return directive_location::subscription;
    }
    return {};
}

/// Walks one definition with the types of the schema. A type is nullptr where the document has none that is known.
class walk
{
public:
    walk(validation_context& c, definition_facts& facts) : context_{c}, facts_{facts} {}

    void operation(const ast::operation& o)
    {
        for (const auto& v : o.variables) variable(v);
        directives(o.directives, location_of(o.kind));
        const auto* root = context_.schema.root(o.kind);
        selections(o.selections, root);
    }

    void fragment(const ast::fragment& f)
    {
        const auto* on = condition(f.on.text, f.on.at);
        directives(f.directives, directive_location::fragment_definition);
        selections(f.selections, on);
    }

private:
    static const named_type* composite(const named_type* t) { return t && t->composite() ? t : nullptr; }

    const named_type* known_type(std::string_view name, std::uint32_t at)
    {
        const auto* type = context_.schema.type(name);
        if (!type)
        {
            const auto known = [&] {
                std::vector<std::string_view> names;
                for (const auto& t : context_.schema.types()) names.push_back(t->name());
                return names;
            };
            context_.report("KnownTypeNames",
                            std::format("there is no type \"{}\".{}", name, context_.suggestion(name, known)), {at});
        }
        return type;
    }

    void variable(const ast::variable& v)
    {
        const type_ref type{known_type(v.type.name, v.type.name_at), v.type.around};
        if (type.named && !type.named->input())
            context_.report("VariablesAreInputTypes",
                            std::format("${} is of type {}, which is no input type", v.name, type.text()), {v.type.at});
        const bool input = type.named && type.named->input();
        if (v.default_value) check_value(context_, *v.default_value, {.type = input ? type : type_ref{}}, facts_);
        directives(v.directives, directive_location::variable_definition);
    }

    /// The type a fragment is on.
    const named_type* condition(std::string_view name, std::uint32_t at)
    {
        const auto* type = known_type(name, at);
        if (type && !type->composite())
            context_.report("FragmentsOnCompositeTypes",
                            std::format("a fragment cannot be on {}, which has no fields", name), {at});
        return type && type->output() ? type : nullptr;
    }

    void selections(std::span<const ast::selection> all, const named_type* type)
    {
        const auto* parent = composite(type);
        for (const auto& s : all)
        {
            if (context_.done()) return;
            switch (s.kind)
            {
                case ast::selection_kind::field: field_of(s, parent); break;
                case ast::selection_kind::spread: spread(s, parent); break;
                case ast::selection_kind::inline_fragment: inline_fragment(s, type, parent); break;
            }
        }
    }

    void field_of(const ast::selection& s, const named_type* parent)
    {
        const auto* f = parent ? context_.schema.find_field(*parent, s.name) : nullptr;
        if (parent && !f)
            context_.report(
                "FieldsOnCorrectType",
                std::format("{} has no field \"{}\".{}", parent->name(), s.name, other_fields(*parent, s.name)),
                {s.at});
        if (f)
        {
            check_arguments(context_, s.arguments, {.definitions = f->arguments, .owner = f->name, .at = s.at}, facts_);
            leaf(s, *f);
        }
        else
            check_unknown_arguments(context_, s.arguments, facts_);
        if (s.name == "__schema" || s.name == "__type") introspection(s);
        directives(s.directives, directive_location::field);
        selections(s.selections, f ? f->type.named : nullptr);
    }

    std::string other_fields(const named_type& parent, std::string_view name) const
    {
        if (context_.settings.suggestions)
            for (const auto* t : parent.abstract() ? parent.possible() : std::span<const named_type* const>{})
                if (t->field(name)) return std::format(" Did you mean to use a fragment on \"{}\"?", t->name());
        return context_.suggestion(name, [&] { return names_of(parent.fields()); });
    }

    void leaf(const ast::selection& s, const field& f)
    {
        const bool selects = !s.selections.empty();
        if (f.type.named->leaf() && selects)
            context_.report("ScalarLeafs",
                            std::format("\"{}\" is of type {}, which has no fields", s.name, f.type.text()),
                            {s.selections_at});
        if (f.type.named->composite() && !selects)
            context_.report(
                "ScalarLeafs",
                std::format("\"{}\" is of type {}, of which fields must be selected", s.name, f.type.text()), {s.at});
    }

    void spread(const ast::selection& s, const named_type* parent)
    {
        facts_.spreads.push_back(&s);
        if (const auto* f = context_.document.fragment(s.name))
            possible(s, parent, composite(context_.schema.type(f->on.text)));
        directives(s.directives, directive_location::fragment_spread);
    }

    void inline_fragment(const ast::selection& s, const named_type* type, const named_type* parent)
    {
        const auto* on = s.name.empty() ? type : condition(s.name, s.name_at);
        possible(s, parent, composite(on));
        directives(s.directives, directive_location::inline_fragment);
        selections(s.selections, on);
    }

    void possible(const ast::selection& s, const named_type* parent, const named_type* on)
    {
        if (!parent || !on || overlap(*parent, *on)) return;
        context_.report(
            "PossibleFragmentSpreads",
            std::format("what is a {} is never a {}, so this fragment never applies", parent->name(), on->name()),
            {s.at});
    }

    void directives(std::span<const ast::directive> used, directive_location where)
    {
        for (std::size_t i = 0; i < used.size() && !context_.done(); ++i)
        {
            const auto& d = used[i];
            const auto* definition = context_.schema.directive(d.name);
            if (!definition)
            {
                context_.report("KnownDirectives", std::format("there is no directive \"@{}\"", d.name), {d.at});
                check_unknown_arguments(context_, d.arguments, facts_);
                continue;
            }
            if (!definition->allowed(where))
                context_.report("KnownDirectives", std::format("@{} may not stand on {}", d.name, name_of(where)),
                                {d.at});
            if (!definition->repeatable) unique(used.first(i), d);
            const auto owner = '@' + definition->name;
            check_arguments(context_, d.arguments, {.definitions = definition->arguments, .owner = owner, .at = d.at},
                            facts_);
        }
    }

    void unique(std::span<const ast::directive> before, const ast::directive& d)
    {
        if (!context_.spend(before.size())) return;
        const auto first = std::ranges::find(before, d.name, &ast::directive::name);
        if (first != before.end())
            context_.report("UniqueDirectivesPerLocation", std::format("@{} can only stand here once", d.name),
                            {first->at, d.at});
    }

    // Lists of introspection that lead to each other's types can be asked for ever deeper: three deep is too much.

    void introspection(const ast::selection& s)
    {
        entered_.clear();
        if (too_deep(s, 0)) context_.report("MaxIntrospectionDepth", "introspection is nested too deep", {s.at});
    }

    bool too_deep(const ast::selection& s, int depth)
    {
        constexpr int most = 3;
        if (s.kind == ast::selection_kind::spread)
        {
            const auto* f = context_.document.fragment(s.name);
            if (!f) return false;
            const auto [entered, fresh] = entered_.emplace(f, depth);
            if (!fresh && entered->second >= depth) return false;
            entered->second = depth;
            return any_too_deep(f->selections, depth);
        }
        const bool list =
            s.name == "fields" || s.name == "interfaces" || s.name == "possibleTypes" || s.name == "inputFields";
        if (s.kind == ast::selection_kind::field && list && ++depth >= most) return true;
        return any_too_deep(s.selections, depth);
    }

    bool any_too_deep(std::span<const ast::selection> all, int depth)
    {
        const recursion here{context_};
        if (!context_.spend(all.size())) return false;
        return std::ranges::any_of(all, [&](const ast::selection& s) { return too_deep(s, depth); });
    }

    validation_context& context_;
    definition_facts& facts_;
    std::unordered_map<const ast::fragment*, int> entered_;  // and how deep at the most
};

}  // namespace

void check_selections(validation_context& c)
{
    c.operations.resize(c.document.operations().size());
    c.fragments.resize(c.document.fragments().size());
    for (std::size_t i = 0; i < c.operations.size(); ++i)
        walk{c, c.operations[i]}.operation(c.document.operations()[i]);
    for (std::size_t i = 0; i < c.fragments.size(); ++i) walk{c, c.fragments[i]}.fragment(c.document.fragments()[i]);
}

}  // namespace roost::graphql
