#include "platform/graphql/plan.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

namespace roost::graphql {

struct planner::collecting
{
    planned_set& set;
    boost::unordered_flat_map<std::string_view, std::size_t> places{set.fields.capacity()};
    std::vector<const ast::fragment*> spread = {};
};

namespace {

bool applies(const executable& how, std::string_view type, const named_type& object)
{
    if (type.empty()) return true;
    const auto* condition = how.schema().type(type);
    return condition && (condition == &object || condition->can_be(object));
}

}  // namespace

bool planner::take(collecting& c, std::span<const ast::directive> directives)
{
    if (directives.empty()) return true;
    auto let_through = included(e_.what, directives, e_.variables);
    if (let_through) return *let_through;
    auto& e = let_through.error();
    c.set.refused = located{{.message = std::move(e.message), .code = e.code}, std::move(e.locations)};
    return false;
}

void planner::add(collecting& c, const ast::selection& s)
{
    const auto name = s.response_name();
    const auto [place, fresh] = c.places.try_emplace(name, c.set.fields.size());
    if (fresh)
    {
        auto& f = c.set.fields.emplace_back();
        f.name = name;
        f.set_type = c.set.type;
        f.definition = e_.how.schema().find_field(*c.set.type, s.name);
        if (!f.definition) throw std::logic_error("a field that the schema lacks was not refused");
        f.does = &e_.how.of(*f.definition);
        auto given = coerce_arguments(e_.what, f.definition->arguments, s.arguments, s.at, e_.variables, arena_);
        if (given)
            f.arguments = *given;
        else
            f.refused = located{{.message = std::move(given.error().message), .code = given.error().code},
                                std::move(given.error().locations)};
    }
    c.set.fields[place->second].nodes.push_back(&s);
}

void planner::collect(collecting& c, std::span<const ast::selection> selections)
{
    for (const auto& s : selections)
    {
        if (c.set.refused) return;
        if (!take(c, s.directives)) continue;
        switch (s.kind)
        {
            case ast::selection_kind::field: add(c, s); break;
            case ast::selection_kind::inline_fragment:
                if (applies(e_.how, s.name, *c.set.type)) collect(c, s.selections);
                break;
            case ast::selection_kind::spread: {
                const auto* f = e_.what.fragment(s.name);
                if (!f || std::ranges::contains(c.spread, f)) break;
                c.spread.push_back(f);
                if (applies(e_.how, f->on.text, *c.set.type)) collect(c, f->selections);
                break;
            }
        }
    }
}

planned_set& planner::begin(const named_type& object, std::size_t selections)
{
    auto& set = sets_.emplace_back();
    set.type = &object;
    set.fields.reserve(selections);
    return set;
}

const planned_set& planner::root(const named_type& object)
{
    auto& set = begin(object, e_.operation.selections.size());
    collecting c{set};
    collect(c, e_.operation.selections);
    return set;
}

const planned_set& planner::below(const planned_field& f, const named_type& object)
{
    for (const auto& [type, set] : f.sets)
        if (type == &object) return *set;
    auto& made = begin(object, f.nodes.front()->selections.size());
    collecting c{made};
    for (const auto* node : f.nodes) collect(c, node->selections);
    f.sets.emplace_back(&object, &made);
    return made;
}

std::vector<std::string_view> wanted::at(std::span<const std::string_view> path) const
{
    std::vector<std::string_view> found;
    if (!field_) return found;
    for (const auto* type : field_->definition->type.named->possible())
        for (const auto& f : planner_->below(*field_, *type).fields)
        {
            const auto name = std::string_view{f.definition->name};
            if (path.empty())
            {
                if (!std::ranges::contains(found, name)) found.push_back(name);
            }
            else if (name == path.front())
                for (const auto deeper : wanted{*planner_, f}.at(path.subspan(1)))
                    if (!std::ranges::contains(found, deeper)) found.push_back(deeper);
        }
    return found;
}

bool wanted::has(std::string_view name) const { return std::ranges::contains(at({}), name); }

}  // namespace roost::graphql
