#include <format>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "platform/graphql/validation_rules.hpp"

namespace roost::graphql {

namespace {

void check_known(validation_context& c, const definition_facts& facts)
{
    for (const auto* s : facts.spreads)
        if (!c.document.fragment(s->name))
            c.report("KnownFragmentNames", std::format("there is no fragment \"{}\"", s->name), {s->name_at});
}

void check_used(validation_context& c)
{
    std::unordered_set<std::string_view> used;
    std::vector<const definition_facts*> todo;
    todo.reserve(c.operations.size());
    for (const auto& o : c.operations) todo.push_back(&o);
    while (!todo.empty())
    {
        const auto* facts = todo.back();
        todo.pop_back();
        for (const auto* s : facts->spreads)
            if (used.insert(s->name).second)
                if (const auto* f = c.document.fragment(s->name)) todo.push_back(&c.fragments[c.index_of(*f)]);
    }
    for (const auto& f : c.document.fragments())
        if (!used.contains(f.name))
            c.report("NoUnusedFragments", std::format("the fragment \"{}\" is not used", f.name), {f.at});
}

/// Follows spreads from each fragment, each fragment once.
class cycles
{
public:
    explicit cycles(validation_context& c) : context_{c} {}

    void check()
    {
        for (const auto& f : context_.document.fragments()) follow(f);
    }

private:
    /// Spreads below a selection set; those of a set come before those of sets within it, of which the last comes
    /// first, as in the reference implementation: it decides which spreads of a circle are told.
    static std::vector<const ast::selection*> spreads_of(std::span<const ast::selection> selections)
    {
        std::vector<const ast::selection*> found;
        std::vector<std::span<const ast::selection>> todo{selections};
        while (!todo.empty())
        {
            const auto set = todo.back();
            todo.pop_back();
            for (const auto& s : set)
                if (s.kind == ast::selection_kind::spread)
                    found.push_back(&s);
                else if (!s.selections.empty())
                    todo.push_back(s.selections);
        }
        return found;
    }

    void follow(const ast::fragment& f)
    {
        if (!visited_.insert(f.name).second) return;
        const recursion here{context_};
        place_[f.name] = path_.size();
        for (const auto* s : spreads_of(f.selections))
        {
            if (context_.done()) return;
            path_.push_back(s);
            const auto on_path = place_.find(s->name);
            if (on_path != place_.end())
                report(on_path->second);
            else if (const auto* next = context_.document.fragment(s->name))
                follow(*next);
            path_.pop_back();
        }
        place_.erase(f.name);
    }

    void report(std::size_t from)
    {
        std::vector<std::uint32_t> at;
        for (auto i = from; i < path_.size(); ++i) at.push_back(path_[i]->at);
        context_.report("NoFragmentCycles", std::format("the fragment \"{}\" spreads itself", path_.back()->name), at);
    }

    validation_context& context_;
    std::unordered_set<std::string_view> visited_;
    std::unordered_map<std::string_view, std::size_t> place_;  // of the fragments that are being followed
    std::vector<const ast::selection*> path_;
};

}  // namespace

void check_fragments(validation_context& c)
{
    for (const auto& o : c.operations) check_known(c, o);
    for (const auto& f : c.fragments) check_known(c, f);
    check_used(c);
    cycles{c}.check();
}

}  // namespace roost::graphql
