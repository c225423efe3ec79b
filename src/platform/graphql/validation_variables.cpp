#include <format>
#include <unordered_map>
#include <unordered_set>

#include "platform/graphql/validation_rules.hpp"

namespace roost::graphql {

namespace {

/// Whether a variable may stand where it is used, with what a default value makes up for.
bool allowed(const variable_usage& use, type_ref type, const ast::variable& v)
{
    if (!use.type.non_null() || type.non_null()) return schema::is_subtype(type, use.type);
    const bool has_value = v.default_value && v.default_value->kind != ast::value_kind::null;
    return (has_value || use.has_default) && schema::is_subtype(type, use.type.nullable());
}

class operation_variables
{
public:
    operation_variables(validation_context& c, const ast::operation& o, const definition_facts& facts)
        : context_{c}, operation_{o}, facts_{facts}
    {}

    void check()
    {
        check_unique();
        check_uses(facts_);
        for (const auto* f : fragments())
        {
            const auto& facts = context_.fragments[context_.index_of(*f)];
            if (!context_.spend(facts.variables.size())) return;
            check_uses(facts);
        }
        for (const auto& v : operation_.variables)
            if (!used_.contains(v.name))
                context_.report("NoUnusedVariables", std::format("${} is not used", v.name), {v.at});
    }

private:
    void check_unique()
    {
        std::unordered_map<std::string_view, std::vector<std::uint32_t>> places;
        for (const auto& v : operation_.variables)
        {
            places[v.name].push_back(v.name_at);
            definitions_[v.name] = &v;
        }
        for (const auto& v : operation_.variables)
            if (const auto& at = places[v.name]; at.size() > 1 && at.front() == v.name_at)
                context_.report("UniqueVariableNames", std::format("there is more than one ${}", v.name), at);
    }

    /// Every fragment that the operation spreads, and those that they spread, each once.
    std::vector<const ast::fragment*> fragments()
    {
        std::vector<const ast::fragment*> found;
        std::unordered_set<const ast::fragment*> seen;
        const auto add = [&](const definition_facts& facts) {
            for (const auto* s : facts.spreads)
                if (const auto* f = context_.document.fragment(s->name); f && seen.insert(f).second) found.push_back(f);
        };
        add(facts_);
        for (std::size_t i = 0; i < found.size(); ++i)
        {
            const auto& facts = context_.fragments[context_.index_of(*found[i])];
            if (!context_.spend(1 + facts.spreads.size())) return {};
            add(facts);
        }
        return found;
    }

    void check_uses(const definition_facts& facts)
    {
        for (const auto& use : facts.variables)
        {
            const auto name = use.value->text;
            used_.insert(name);
            const auto found = definitions_.find(name);
            if (found == definitions_.end())
                context_.report("NoUndefinedVariables", std::format("${} is not defined by its operation", name),
                                {use.value->at, operation_.at});
            else
                check_position(use, *found->second);
        }
    }

    void check_position(const variable_usage& use, const ast::variable& v)
    {
        const auto type = context_.schema.resolve(v.type);
        if (!use.type.named || !type.named) return;
        const auto report = [&](std::string wanted) {
            context_.report("VariablesInAllowedPosition",
                            std::format("${} is of type {}, where {} is wanted", v.name, type.text(), wanted),
                            {v.at, use.value->at});
        };
        if (!allowed(use, type, v)) report(use.type.text());
        if (use.of_one_of && !type.non_null()) report("a type that is never null");
    }

    validation_context& context_;
    const ast::operation& operation_;
    const definition_facts& facts_;
    std::unordered_map<std::string_view, const ast::variable*> definitions_;
    std::unordered_set<std::string_view> used_;
};

}  // namespace

void check_variables(validation_context& c)
{
    for (std::size_t i = 0; i < c.operations.size() && !c.done(); ++i)
        operation_variables{c, c.document.operations()[i], c.operations[i]}.check();
}

}  // namespace roost::graphql
