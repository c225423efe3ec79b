#include "platform/graphql/limits.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <limits>
#include <unordered_map>
#include <utility>

namespace roost::graphql {

namespace {

// Expanded fragments double with each that spreads another twice: sums stop at the largest number instead of going
// round.

template <class T>
T sum(T a, T b)
{
    return a > std::numeric_limits<T>::max() - b ? std::numeric_limits<T>::max() : a + b;
}

std::uint64_t product(std::uint64_t a, std::uint64_t b)
{
    return b != 0 && a > std::numeric_limits<std::uint64_t>::max() / b ? std::numeric_limits<std::uint64_t>::max()
                                                                       : a * b;
}

/// How many fragments may spread each other in a row; what measures them recurses.
constexpr int longest_chain = 500;

/// What is counted of a selection set.
struct shape
{
    std::uint32_t depth = 0, introspection_depth = 0, aliases = 0, directives = 0, fields = 0, own_fields = 0;

    void add(const shape& s)
    {
        depth = std::max(depth, s.depth);
        introspection_depth = std::max(introspection_depth, s.introspection_depth);
        aliases = sum(aliases, s.aliases);
        directives = sum(directives, s.directives);
        fields = sum(fields, s.fields);
        own_fields = sum(own_fields, s.own_fields);
    }
};

bool introspects(const ast::selection& s) { return s.name == "__schema" || s.name == "__type"; }

/// Measures each fragment once. One that spreads itself counts as empty within itself: it is not valid anyway.
class shapes
{
public:
    explicit shapes(const document& d) : document_{d} {}

    shape of(std::span<const ast::selection> selections)
    {
        shape all;
        for (const auto& s : selections) all.add(of(s));
        return all;
    }

private:
    shape of(const ast::selection& s)
    {
        auto made = s.kind == ast::selection_kind::spread ? of_fragment(s.name) : of(s.selections);
        made.directives = sum(made.directives, static_cast<std::uint32_t>(s.directives.size()));
        if (s.kind != ast::selection_kind::field) return made;
        if (!s.alias.empty()) made.aliases = sum(made.aliases, 1U);
        made.fields = sum(made.fields, 1U);
        made.own_fields = 1;
        if (introspects(s))
            made.introspection_depth = sum(std::max(std::exchange(made.depth, 0), made.introspection_depth), 1U);
        else
            made.depth = sum(made.depth, 1U);
        return made;
    }

    shape of_fragment(std::string_view name)
    {
        const auto* f = document_.fragment(name);
        if (!f) return {};
        const auto [known, fresh] = known_.try_emplace(f);
        if (!fresh) return known->second;
        if (chain_ == longest_chain) return {.depth = std::numeric_limits<std::uint32_t>::max()};
        ++chain_;
        auto made = of(f->selections);
        --chain_;
        made.directives = sum(made.directives, static_cast<std::uint32_t>(f->directives.size()));
        return known_[f] = made;
    }

    const document& document_;
    std::unordered_map<const ast::fragment*, shape> known_;
    int chain_ = 0;
};

struct limit
{
    std::uint32_t found, most;
    std::string_view code, what;
};

/// What a selection set costs: `fixed`, `each` for each item of the list that the field above it sizes, and, apart,
/// what it asks of the schema.
struct costs
{
    std::uint64_t fixed = 0, each = 0, introspection = 0;

    void add(const costs& c)
    {
        fixed = sum(fixed, c.fixed);
        each = sum(each, c.each);
        introspection = sum(introspection, c.introspection);
    }
};

class cost_counter
{
public:
    cost_counter(const schema& s, const document& d, const input_map& variables)
        : schema_{s}, document_{d}, variables_{variables}
    {}

    /// Of selections on `parent`, which is what `above` returns.
    costs of(std::span<const ast::selection> selections, const named_type& parent, const field* above)
    {
        costs all;
        for (const auto& s : selections)
        {
            switch (s.kind)
            {
                case ast::selection_kind::field: all.add(of_field(s, parent, above)); break;
                case ast::selection_kind::spread: all.add(of_fragment(s.name, above)); break;
                case ast::selection_kind::inline_fragment: {
                    const auto* on = s.name.empty() ? &parent : schema_.type(s.name);
                    if (on) all.add(of(s.selections, *on, above));
                    break;
                }
            }
        }
        return all;
    }

private:
    /// How many items a list has of which nothing is known.
    static constexpr std::uint64_t unknown_size = 10;

    costs of_field(const ast::selection& s, const named_type& parent, const field* above)
    {
        const auto* f = schema_.find_field(parent, s.name);
        if (!f) return {};
        if (!f->type.named->composite()) return {.fixed = f->cost};
        const auto below = of(s.selections, *f->type.named, f);
        if (introspects(s)) return {.introspection = below.fixed};
        if (above && std::ranges::contains(above->size.sized, f->name))
            return {.fixed = f->cost, .each = sum(below.fixed, std::uint64_t{1})};
        if (!f->size.sized.empty())
        {
            const auto items = product(size_of(*f, s), below.each);
            return {.fixed = sum(sum(f->cost + std::uint64_t{1}, below.fixed), items)};
        }
        const auto one = sum(sum(below.fixed, product(below.each, unknown_size)), std::uint64_t{1});
        return {.fixed = sum(std::uint64_t{f->cost}, product(f->type.list() ? size_of(*f, s) : 1, one))};
    }

    costs of_fragment(std::string_view name, const field* above)
    {
        const auto* f = document_.fragment(name);
        const auto* on = f ? schema_.type(f->on.text) : nullptr;
        if (!on) return {};
        auto& known = known_[above];
        if (const auto found = known.find(f); found != known.end()) return found->second;
        if (chain_ == longest_chain) return {.fixed = std::numeric_limits<std::uint64_t>::max()};
        ++chain_;
        const auto made = of(f->selections, *on, above);
        --chain_;
        return known_[above][f] = made;
    }

    std::uint64_t size_of(const field& f, const ast::selection& s) const
    {
        for (const auto& name : f.size.arguments)
            if (const auto given = given_size(s.arguments, name)) return *given;
        for (const auto& name : f.size.arguments)
            if (const auto* a = f.arguments.find(name); a && a->default_input && a->default_input->integer > 0)
                return static_cast<std::uint64_t>(a->default_input->integer);
        return f.size.assumed != 0 ? f.size.assumed : unknown_size;
    }

    std::optional<std::uint64_t> given_size(std::span<const ast::argument> arguments, std::string_view name) const
    {
        const auto a = std::ranges::find(arguments, name, &ast::argument::name);
        if (a == arguments.end()) return std::nullopt;
        std::int64_t size = -1;
        if (a->value.kind == ast::value_kind::integer)
            std::from_chars(a->value.text.data(), a->value.text.data() + a->value.text.size(), size);
        if (a->value.kind == ast::value_kind::variable)
        {
            const auto* v = variables_.find(a->value.text);
            if (v && v->kind == input_kind::list) return v->items.size();
            if (v && v->kind == input_kind::integer) size = v->integer;
        }
        if (a->value.kind == ast::value_kind::list) return a->value.items.size();
        if (size < 0) return std::nullopt;
        return static_cast<std::uint64_t>(size);
    }

    const schema& schema_;
    const document& document_;
    const input_map& variables_;
    std::unordered_map<const field*, std::unordered_map<const ast::fragment*, costs>> known_;  // by the field above
    int chain_ = 0;
};

}  // namespace

std::optional<error> check_shape(const document& d, const query_limits& limits)
{
    shapes measure{d};
    for (const auto& o : d.operations())
    {
        auto s = measure.of(o.selections);
        s.directives = sum(s.directives, static_cast<std::uint32_t>(o.directives.size()));
        for (const auto& v : o.variables)
            s.directives = sum(s.directives, static_cast<std::uint32_t>(v.directives.size()));
        for (const auto& l : {
                 limit{s.depth, limits.depth, code::too_deep, "fields within fields"},
                 limit{s.introspection_depth, limits.introspection_depth, code::too_deep, "fields within fields"},
                 limit{s.aliases, limits.aliases, code::too_many_aliases, "aliases"},
                 limit{s.own_fields, limits.root_fields, code::too_many_root_fields, "fields at its root"},
                 limit{s.directives, limits.directives, code::too_many_directives, "directives"},
                 limit{s.fields, limits.fields, code::too_many_fields, "fields"},
             })
            if (l.found > l.most)
                return error{.message = std::format("the {} has {} {}, and no more than {} are allowed",
                                                    name_of(o.kind), l.found, l.what, l.most),
                             .code = l.code,
                             .locations = {d.locate(o.at)}};
    }
    return std::nullopt;
}

request_cost cost_of(const schema& s, const document& d, const ast::operation& operation, const input_map& variables)
{
    const auto* root = s.root(operation.kind);
    if (!root) return {};
    const auto all = cost_counter{s, d, variables}.of(operation.selections, *root, nullptr);
    return {.objects = all.fixed, .introspection = all.introspection};
}

std::optional<error> check_cost(const schema& s, const document& d, const ast::operation& operation,
                                const input_map& variables, const query_limits& limits)
{
    const auto cost = cost_of(s, d, operation, variables);
    const bool only_schema = cost.objects <= limits.cost;
    if (only_schema && cost.introspection <= limits.introspection_cost) return std::nullopt;
    return error{
        .message = std::format("the {}{} costs {}, and no more than {} is allowed", name_of(operation.kind),
                               only_schema ? "'s introspection" : "", only_schema ? cost.introspection : cost.objects,
                               only_schema ? limits.introspection_cost : limits.cost),
        .code = code::too_costly,
        .locations = {d.locate(operation.at)}};
}

}  // namespace roost::graphql
