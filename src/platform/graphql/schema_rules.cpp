#include "platform/graphql/schema_rules.hpp"

#include <algorithm>
#include <format>
#include <unordered_map>
#include <unordered_set>

#include "platform/graphql/coercion.hpp"

namespace roost::graphql {

namespace {

class rules
{
public:
    explicit rules(const schema& s) : schema_{s} {}

    std::vector<schema_fault> check()
    {
        check_roots();
        for (const auto& d : schema_.directives())
            if (!d.built_in) check_directive(d);
        check_default_cycles();
        check_finite_inputs();
        for (const auto& type : schema_.types())
            if (!type->built_in()) check_type(*type);
        return std::move(faults_);
    }

private:
    void fault(std::uint32_t at, std::string message) { faults_.push_back({std::move(message), at}); }

    void check_name(std::string_view name, std::uint32_t at)
    {
        if (name.starts_with("__"))
            fault(at, std::format("the name \"{}\" begins with \"__\", which is reserved for introspection", name));
    }

    void check_roots()
    {
        if (!schema_.query()) fault(schema_.at(), "a schema needs a root type for queries");
        for (const auto kind : {operation_kind::query, operation_kind::mutation, operation_kind::subscription})
        {
            const auto* root = schema_.root(kind);
            if (!root) continue;
            if (root->kind() != type_kind::object)
                fault(schema_.at(),
                      std::format("the root type of {} must be an object type, not {}", name_of(kind), root->name()));
            for (const auto other : {operation_kind::query, operation_kind::mutation})
                if (other < kind && schema_.root(other) == root)
                    fault(schema_.at(), std::format("{} is the root type of both {} and {}", root->name(),
                                                    name_of(other), name_of(kind)));
        }
    }

    void check_directive(const directive& d)
    {
        check_name(d.name, d.at);
        if (d.locations.empty()) fault(d.at, std::format("the directive @{} has no place where it may stand", d.name));
        for (const auto& a : d.arguments) check_input_value(a, std::format("@{}({}:)", d.name, a.name));
    }

    void check_input_value(const input_value& v, const std::string& path)
    {
        check_name(v.name, v.at);
        if (!v.type.named->input())
            return fault(v.at, std::format("the type of {} must be an input type, not {}", path, v.type.text()));
        if (v.required() && v.deprecated) fault(v.at, std::format("{} is required, so it cannot be deprecated", path));
        arena scratch;
        if (v.default_value && !default_cycle_ && !coerce_literal(v.type, *v.default_value, scratch))
            fault(v.at, std::format("the default value of {} is no {}", path, v.type.text()));
    }

    void check_type(const named_type& t)
    {
        check_name(t.name(), t.at());
        switch (t.kind())
        {
            case type_kind::scalar: return;
            case type_kind::object:
            case type_kind::interface: check_fields(t); return check_interfaces(t);
            case type_kind::union_type: return check_union(t);
            case type_kind::enumeration:
                if (t.values().empty()) fault(t.at(), std::format("the enum {} has no values", t.name()));
                for (const auto& v : t.values()) check_name(v.name, v.at);
                return;
            case type_kind::input_object: return check_input_object(t);
        }
    }

    void check_fields(const named_type& t)
    {
        if (t.fields().empty()) fault(t.at(), std::format("the type {} has no fields", t.name()));
        for (const auto& f : t.fields())
        {
            const auto path = std::format("{}.{}", t.name(), f.name);
            check_name(f.name, f.at);
            if (!f.type.named->output())
                fault(f.at, std::format("the type of {} must be an output type, not {}", path, f.type.text()));
            for (const auto& a : f.arguments) check_input_value(a, std::format("{}({}:)", path, a.name));
        }
    }

    void check_interfaces(const named_type& t)
    {
        std::unordered_set<const named_type*> seen;
        for (const auto* i : t.interfaces())
        {
            if (i->kind() != type_kind::interface)
                fault(t.at(), std::format("{} cannot implement {}, which is no interface", t.name(), i->name()));
            else if (i == &t)
                fault(t.at(), std::format("{} cannot implement itself", t.name()));
            else if (!seen.insert(i).second)
                fault(t.at(), std::format("{} implements {} twice", t.name(), i->name()));
            else
                check_implementation(t, *i);
        }
    }

    void check_implementation(const named_type& t, const named_type& interface)
    {
        for (const auto* above : interface.interfaces())
            if (above == &t)
                fault(t.at(), std::format("{} and {} cannot implement each other", t.name(), interface.name()));
            else if (!t.implements(*above))
                fault(t.at(), std::format("{} must implement {}, which {} implements", t.name(), above->name(),
                                          interface.name()));
        for (const auto& wanted : interface.fields())
        {
            if (const auto* f = t.field(wanted.name))
                check_field(t, *f, interface, wanted);
            else
                fault(t.at(), std::format("{} lacks the field {}.{}", t.name(), interface.name(), wanted.name));
        }
    }

    void check_field(const named_type& t, const field& f, const named_type& interface, const field& wanted)
    {
        const auto path = std::format("{}.{}", t.name(), f.name);
        const auto above = std::format("{}.{}", interface.name(), wanted.name);
        if (!schema::is_subtype(f.type, wanted.type))
            fault(f.at, std::format("{} is of type {}, but {} of {}", path, f.type.text(), above, wanted.type.text()));
        for (const auto& a : wanted.arguments)
        {
            const auto* mine = f.arguments.find(a.name);
            if (!mine)
                fault(f.at, std::format("{} lacks the argument {}({}:)", path, above, a.name));
            else if (mine->type != a.type)
                fault(mine->at, std::format("{}({}:) is of type {}, but {}({}:) of {}", path, a.name, mine->type.text(),
                                            above, a.name, a.type.text()));
        }
        for (const auto& a : f.arguments)
            if (a.required() && !wanted.arguments.find(a.name))
                fault(a.at, std::format("{}({}:) is required, but {} does not have it", path, a.name, above));
        if (f.deprecated && !wanted.deprecated)
            fault(f.at, std::format("{} cannot be deprecated while {} is not", path, above));
    }

    void check_union(const named_type& t)
    {
        if (t.members().empty()) fault(t.at(), std::format("the union {} has no members", t.name()));
        std::unordered_set<const named_type*> seen;
        for (const auto* m : t.members())
            if (!seen.insert(m).second)
                fault(t.at(), std::format("the union {} has {} twice", t.name(), m->name()));
            else if (m->kind() != type_kind::object)
                fault(t.at(), std::format("the union {} can only have object types, not {}", t.name(), m->name()));
    }

    void check_input_object(const named_type& t)
    {
        if (t.inputs().empty()) fault(t.at(), std::format("the input type {} has no fields", t.name()));
        for (const auto& f : t.inputs())
        {
            const auto path = std::format("{}.{}", t.name(), f.name);
            check_input_value(f, path);
            if (t.one_of() && f.type.non_null()) fault(f.at, std::format("{} of a @oneOf type must be nullable", path));
            if (t.one_of() && f.default_value)
                fault(f.at, std::format("{} of a @oneOf type has no default value", path));
        }
    }

    // A value of an input object must be finite: not every one may need another of its own type. Types are struck off
    // while one is found all of whose needs are struck off already.

    static bool needs(const named_type& t, const input_value& f)
    {
        if (f.type.named->kind() != type_kind::input_object) return false;
        return t.one_of() ? !f.type.list() : f.type.non_null() && !f.type.list();
    }

    void check_finite_inputs()
    {
        std::vector<const named_type*> left;
        for (const auto& t : schema_.types())
            if (t->kind() == type_kind::input_object) left.push_back(t.get());
        const auto finite = [&](const named_type* t) {
            const auto met = [&](const input_value& f) {
                return !needs(*t, f) || std::ranges::find(left, f.type.named) == left.end();
            };
            return t->inputs().empty()
                   || (t->one_of() ? std::ranges::any_of(t->inputs(), met) : std::ranges::all_of(t->inputs(), met));
        };
        while (std::erase_if(left, finite) != 0)
        {
        }
        for (const auto* t : left)
            if (leads_back(*t, left))
                fault(t->at(),
                      std::format("the input type {} refers to itself, so no value of it is finite", t->name()));
    }

    static bool leads_back(const named_type& from, const std::vector<const named_type*>& infinite)
    {
        std::unordered_set<const named_type*> seen;
        std::vector<const named_type*> todo{&from};
        while (!todo.empty())
        {
            const auto* t = todo.back();
            todo.pop_back();
            for (const auto& f : t->inputs())
            {
                if (!needs(*t, f) || std::ranges::find(infinite, f.type.named) == infinite.end()) continue;
                if (f.type.named == &from) return true;
                if (seen.insert(f.type.named).second) todo.push_back(f.type.named);
            }
        }
        return false;
    }

    // A default value of an input object may leave out fields, whose default values count then, and so on: not in a
    // circle.

    enum class visit
    {
        under_way,
        done,
    };

    void check_default_cycles()
    {
        for (const auto& t : schema_.types())
            if (t->kind() == type_kind::input_object)
                for (const auto& f : t->inputs()) follow_default(*t, f);
    }

    void follow_default(const named_type& t, const input_value& f)
    {
        if (!f.default_value || f.type.named->kind() != type_kind::input_object) return;
        const auto [state, fresh] = visits_.try_emplace(&f, visit::under_way);
        if (!fresh)
        {
            if (state->second == visit::under_way)
            {
                default_cycle_ = true;
                fault(f.at, std::format("the default value of {}.{} refers to itself", t.name(), f.name));
            }
            return;
        }
        follow_literal(*f.type.named, *f.default_value);
        visits_[&f] = visit::done;
    }

    void follow_literal(const named_type& t, const ast::value& v)
    {
        for (const auto& item : v.items) follow_literal(t, item);
        if (v.kind != ast::value_kind::object) return;
        for (const auto& f : t.inputs())
        {
            if (f.type.named->kind() != type_kind::input_object) continue;
            const auto given = std::ranges::find(v.members, f.name, &ast::member::name);
            if (given != v.members.end())
                follow_literal(*f.type.named, given->value);
            else
                follow_default(t, f);
        }
    }

    const schema& schema_;
    std::vector<schema_fault> faults_;
    std::unordered_map<const input_value*, visit> visits_;
    bool default_cycle_ = false;
};

}  // namespace

std::vector<schema_fault> check_types(const schema& s) { return rules{s}.check(); }

}  // namespace roost::graphql
