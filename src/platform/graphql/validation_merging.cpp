#include <algorithm>
#include <deque>
#include <format>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "platform/graphql/validation_rules.hpp"

namespace roost::graphql {

namespace {

/// A field of a selection set, with inline fragments opened.
struct selected
{
    const ast::selection* node;
    const named_type* parent;
    const field* definition;
};

struct response_group
{
    std::string_view name;
    std::vector<selected> fields;
};

/// What a selection set selects: its fields by the name they have in the response, and the fragments it spreads.
struct selected_set
{
    std::vector<response_group> groups;
    std::vector<const ast::fragment*> spreads;
    std::unordered_map<std::string_view, std::size_t> index;  // of groups, when there are many

    response_group* find(std::string_view name)
    {
        if (!index.empty())
        {
            const auto found = index.find(name);
            return found == index.end() ? nullptr : &groups[found->second];
        }
        const auto found = std::ranges::find(groups, name, &response_group::name);
        return found == groups.end() ? nullptr : &*found;
    }

    response_group& at(std::string_view name)
    {
        constexpr std::size_t few = 16;
        if (auto* found = find(name)) return *found;
        groups.push_back({name, {}});
        if (groups.size() == few)
            for (std::size_t i = 0; i < groups.size(); ++i) index.emplace(groups[i].name, i);
        else if (groups.size() > few)
            index.emplace(name, groups.size() - 1);
        return groups.back();
    }
};

struct conflict
{
    std::string_view name;
    std::string reason;
    std::vector<std::uint32_t> first, second;  // places of the fields on either side
};

struct pair_hash
{
    std::size_t operator()(const std::pair<const void*, const void*>& p) const
    {
        const std::hash<const void*> hash;
        return hash(p.first) * 31 + hash(p.second);
    }
};

/// Pairs that have been compared: as fields of objects that may be the same, or only as those of objects that never
/// are, which says less.
class compared_pairs
{
public:
    /// False when nothing new can come of comparing them.
    bool add(const void* a, const void* b, bool exclusive)
    {
        const auto [known, fresh] = pairs_.try_emplace({a, b}, exclusive);
        if (fresh) return true;
        if (exclusive || !known->second) return false;
        known->second = false;
        return true;
    }

private:
    std::unordered_map<std::pair<const void*, const void*>, bool, pair_hash> pairs_;
};

bool same_value(const ast::value& a, const ast::value& b)
{
    if (a.kind != b.kind || a.block != b.block || a.text != b.text || a.items.size() != b.items.size()
        || a.members.size() != b.members.size())
        return false;
    return std::ranges::equal(a.items, b.items, same_value)
           && std::ranges::all_of(a.members, [&](const ast::member& m) {
                  const auto other = std::ranges::find(b.members, m.name, &ast::member::name);
                  return other != b.members.end() && same_value(m.value, other->value);
              });
}

/// Types of which no JSON value is a response of both.
bool types_conflict(type_ref a, type_ref b)
{
    if (a.around != b.around) return true;
    return a.named != b.named && (a.named->leaf() || b.named->leaf());
}

/// The rule of the reference implementation: every two fields of one response name are compared, once, and so are those
/// below them. Comparisons are counted, since a short document can ask for very many.
class merging
{
public:
    explicit merging(validation_context& c) : context_{c} {}

    void walk(std::span<const ast::selection> selections, const named_type* type, bool inlined)
    {
        const auto* parent = type && type->composite() ? type : nullptr;
        if (!inlined
            && (selections.size() > 1
                || (!selections.empty() && selections[0].kind == ast::selection_kind::inline_fragment)))
            within(set_of(selections, parent));
        for (const auto& s : selections)
        {
            if (context_.done()) return;
            if (s.selections.empty()) continue;
            if (s.kind == ast::selection_kind::inline_fragment)
            {
                walk(s.selections, s.name.empty() ? type : output_type(s.name), true);
                continue;
            }
            const auto* f = parent ? context_.schema.find_field(*parent, s.name) : nullptr;
            walk(s.selections, f ? f->type.named : nullptr, false);
        }
    }

    const named_type* output_type(std::string_view name) const
    {
        const auto* t = context_.schema.type(name);
        return t && t->output() ? t : nullptr;
    }

private:
    selected_set& set_of(std::span<const ast::selection> selections, const named_type* parent)
    {
        auto& set = sets_[{selections.data(), parent}];
        if (!set)
        {
            set = &made_.emplace_back();
            collect(*set, selections, parent);
        }
        return *set;
    }

    selected_set& set_of(const ast::fragment& f) { return set_of(f.selections, context_.schema.type(f.on.text)); }

    void collect(selected_set& set, std::span<const ast::selection> selections, const named_type* parent)
    {
        for (const auto& s : selections)
        {
            switch (s.kind)
            {
                case ast::selection_kind::field:
                    set.at(s.response_name()).fields.push_back({&s, parent, parent ? parent->field(s.name) : nullptr});
                    break;
                case ast::selection_kind::inline_fragment:
                    collect(set, s.selections, s.name.empty() ? parent : context_.schema.type(s.name));
                    break;
                case ast::selection_kind::spread:
                    if (!context_.spend(1 + set.spreads.size())) return;
                    if (const auto* f = context_.document.fragment(s.name); f && !std::ranges::contains(set.spreads, f))
                        set.spreads.push_back(f);
                    break;
            }
        }
    }

    void within(selected_set& set)
    {
        std::vector<conflict> found;
        for (const auto& g : set.groups)
            for (std::size_t i = 0; i < g.fields.size(); ++i)
                for (std::size_t j = i + 1; j < g.fields.size() && !context_.done(); ++j)
                    compare(found, g.name, g.fields[i], g.fields[j], false);
        for (std::size_t i = 0; i < set.spreads.size(); ++i)
        {
            set_with_fragment(found, set, *set.spreads[i], false);
            for (std::size_t j = i + 1; j < set.spreads.size(); ++j)
                fragments(found, *set.spreads[i], *set.spreads[j], false);
        }
        for (const auto& c : found) report(c);
    }

    void report(const conflict& c)
    {
        auto at = c.first;
        at.insert(at.end(), c.second.begin(), c.second.end());
        context_.report(
            "OverlappingFieldsCanBeMerged",
            std::format("the fields \"{}\" cannot be merged: {}. An alias makes them two.", c.name, c.reason), at);
    }

    void set_with_fragment(std::vector<conflict>& found, selected_set& set, const ast::fragment& f, bool exclusive)
    {
        if (!context_.spend(1) || set.groups.empty()) return;
        if (!sets_with_fragments_.add(&set, &f, exclusive)) return;
        auto& other = set_of(f);
        if (&set == &other) return;
        const recursion here{context_};
        between(found, set, other, exclusive);
        for (const auto* next : other.spreads) set_with_fragment(found, set, *next, exclusive);
    }

    void fragments(std::vector<conflict>& found, const ast::fragment& a, const ast::fragment& b, bool exclusive)
    {
        if (!context_.spend(2) || &a == &b) return;
        const bool in_order = std::less<>{}(&a, &b);
        if (!fragment_pairs_.add(in_order ? &a : &b, in_order ? &b : &a, exclusive)) return;
        const recursion here{context_};
        auto& set_a = set_of(a);
        auto& set_b = set_of(b);
        between(found, set_a, set_b, exclusive);
        for (const auto* next : set_b.spreads) fragments(found, a, *next, exclusive);
        for (const auto* next : set_a.spreads) fragments(found, *next, b, exclusive);
    }

    void between(std::vector<conflict>& found, selected_set& a, selected_set& b, bool exclusive)
    {
        for (const auto& g : a.groups)
        {
            if (!context_.spend(1)) return;
            const auto* other = b.find(g.name);
            if (!other) continue;
            for (const auto& f : g.fields)
                for (const auto& of : other->fields)
                {
                    if (context_.done()) return;
                    compare(found, g.name, f, of, exclusive);
                }
        }
    }

    void compare(std::vector<conflict>& found, std::string_view name, const selected& a, const selected& b,
                 bool parents_exclusive)
    {
        if (!context_.spend(2)) return;
        const auto is_object = [](const named_type* t) { return t && t->kind() == type_kind::object; };
        const bool exclusive =
            parents_exclusive || (a.parent != b.parent && is_object(a.parent) && is_object(b.parent));
        const auto differ = [&](std::string reason) {
            found.push_back({name, std::move(reason), {a.node->at}, {b.node->at}});
        };
        if (!exclusive && a.node->name != b.node->name)
            return differ(std::format("\"{}\" and \"{}\" are different fields", a.node->name, b.node->name));
        if (!exclusive && !same_arguments(a.node->arguments, b.node->arguments))
            return differ("they have different arguments");
        if (a.definition && b.definition && types_conflict(a.definition->type, b.definition->type))
            return differ(std::format("they return {} and {}", a.definition->type.text(), b.definition->type.text()));
        if (!a.node->selections.empty() && !b.node->selections.empty()) compare_below(found, name, a, b, exclusive);
    }

    bool same_arguments(std::span<const ast::argument> a, std::span<const ast::argument> b)
    {
        if (a.size() != b.size()) return false;
        if (!context_.spend(a.size())) return true;
        return std::ranges::all_of(a, [&](const ast::argument& one) {
            const auto other = std::ranges::find_last(b, one.name, &ast::argument::name);
            return !other.empty() && same_value(one.value, other.front().value);
        });
    }

    static const named_type* type_below(const selected& s) { return s.definition ? s.definition->type.named : nullptr; }

    void compare_below(std::vector<conflict>& found, std::string_view name, const selected& a, const selected& b,
                       bool exclusive)
    {
        const recursion here{context_};
        std::vector<conflict> below;
        auto& set_a = set_of(a.node->selections, type_below(a));
        auto& set_b = set_of(b.node->selections, type_below(b));
        between(below, set_a, set_b, exclusive);
        for (const auto* f : set_b.spreads) set_with_fragment(below, set_a, *f, exclusive);
        for (const auto* f : set_a.spreads) set_with_fragment(below, set_b, *f, exclusive);
        for (const auto* fa : set_a.spreads)
            for (const auto* fb : set_b.spreads) fragments(below, *fa, *fb, exclusive);
        if (!below.empty()) found.push_back(joined(name, a, b, below));
    }

    /// Conflicts below two fields, as one of the two.
    static conflict joined(std::string_view name, const selected& a, const selected& b,
                           const std::vector<conflict>& below)
    {
        constexpr std::size_t long_reason = 200, most_places = 20;
        conflict made{name, {}, {a.node->at}, {b.node->at}};
        for (const auto& c : below)
        {
            if (made.reason.size() < long_reason)
                made.reason +=
                    std::format("{}\"{}\" below them: {}", made.reason.empty() ? "" : ", and ", c.name, c.reason);
            const auto add = [](std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& from) {
                const auto room = std::min(most_places - to.size(), from.size());
                to.insert(to.end(), from.end() - static_cast<std::ptrdiff_t>(room), from.end());
            };
            add(made.first, c.first);
            add(made.second, c.second);
        }
        return made;
    }

    validation_context& context_;
    std::deque<selected_set> made_;
    std::unordered_map<std::pair<const void*, const void*>, selected_set*, pair_hash> sets_;
    compared_pairs sets_with_fragments_, fragment_pairs_;
};

}  // namespace

void check_merging(validation_context& c)
{
    merging m{c};
    for (const auto& o : c.document.operations()) m.walk(o.selections, c.schema.root(o.kind), false);
    for (const auto& f : c.document.fragments()) m.walk(f.selections, m.output_type(f.on.text), false);
}

}  // namespace roost::graphql
