#include <algorithm>
#include <format>
#include <ranges>
#include <unordered_map>
#include <unordered_set>

#include "platform/graphql/validation_rules.hpp"

namespace roost::graphql {

namespace {

void check_executable(validation_context& c)
{
    for (const auto& d : c.document.type_definitions())
        c.report("ExecutableDefinitions",
                 std::format("the definition of {} is not executable", d.name.empty() ? "the schema" : d.name), {d.at});
}

template <class T>
void check_unique_names(validation_context& c, std::span<const T> definitions, std::string_view rule,
                        std::string_view what)
{
    std::unordered_map<std::string_view, std::uint32_t> seen;
    for (const auto& d : definitions)
    {
        if (d.name.empty()) continue;
        const auto [first, fresh] = seen.emplace(d.name, d.name_at);
        if (!fresh)
            c.report(rule, std::format("there is more than one {} \"{}\"", what, d.name), {first->second, d.name_at});
    }
}

void check_operations(validation_context& c)
{
    const auto operations = c.document.operations();
    for (const auto& o : operations)
    {
        if (!c.schema.root(o.kind))
            c.report("KnownOperationTypes", std::format("there are no {} operations here", name_of(o.kind)), {o.at});
        if (o.name.empty() && operations.size() > 1)
            c.report("LoneAnonymousOperation", "an operation without a name must be the only one", {o.at});
    }
}

/// The fields at the root of a subscription, with its fragments.
class subscription_fields
{
public:
    subscription_fields(validation_context& c, const named_type& root) : context_{c}, root_{root} {}

    void check(const ast::operation& o)
    {
        collect(o.selections);
        if (!forbidden_.empty())
            return context_.report("SingleFieldSubscriptions",
                                   "the root of a subscription has neither @skip nor @include", forbidden_);
        if (groups_.empty())
            context_.report("SingleFieldSubscriptions", "a subscription must select one field", {o.selections_at});
        std::vector<std::uint32_t> others;
        for (const auto& g : groups_ | std::views::drop(1))
            others.insert(others.end(), g.places.begin(), g.places.end());
        if (!others.empty())
            context_.report("SingleFieldSubscriptions", "a subscription must select only one field", others);
        for (const auto& g : groups_)
            if (g.of_introspection)
                context_.report("SingleFieldSubscriptions", "a subscription must not select a field of introspection",
                                g.places);
    }

private:
    /// The fields that are answered under one name.
    struct group
    {
        bool of_introspection;  // its first is
        std::vector<std::uint32_t> places;
    };

    void add(const ast::selection& field)
    {
        const auto [place, fresh] = by_name_.try_emplace(field.response_name(), groups_.size());
        if (fresh) groups_.push_back({field.name.starts_with("__"), {}});
        groups_[place->second].places.push_back(field.at);
    }

    bool forbids(std::span<const ast::directive> directives)
    {
        for (const std::string_view name : {"skip", "include"})
        {
            const auto found = std::ranges::find(directives, name, &ast::directive::name);
            if (found == directives.end()) continue;
            forbidden_.push_back(found->at);
            return true;
        }
        return false;
    }

    bool applies(std::string_view type_name) const
    {
        if (type_name.empty()) return true;
        const auto* type = context_.schema.type(type_name);
        return type == &root_ || (type && type->abstract() && type->can_be(root_));
    }

    void collect(std::span<const ast::selection> selections)
    {
        const recursion here{context_};
        for (const auto& s : selections)
        {
            if (!context_.spend(1)) return;
            const auto* fragment = s.kind == ast::selection_kind::spread ? context_.document.fragment(s.name) : nullptr;
            if (s.kind == ast::selection_kind::spread && visited_.contains(s.name)) continue;
            if (forbids(s.directives)) continue;
            if (s.kind == ast::selection_kind::field)
                add(s);
            else if (s.kind == ast::selection_kind::inline_fragment && applies(s.name))
                collect(s.selections);
            else if (fragment && applies(fragment->on.text))
            {
                visited_.insert(s.name);
                collect(fragment->selections);
            }
        }
    }

    validation_context& context_;
    const named_type& root_;
    std::vector<group> groups_;
    std::unordered_map<std::string_view, std::size_t> by_name_;
    std::vector<std::uint32_t> forbidden_;
    std::unordered_set<std::string_view> visited_;
};

void check_subscriptions(validation_context& c)
{
    if (!c.schema.subscription()) return;
    for (const auto& o : c.document.operations())
        if (o.kind == operation_kind::subscription) subscription_fields{c, *c.schema.subscription()}.check(o);
}

}  // namespace

void check_definitions(validation_context& c)
{
    check_executable(c);
    check_unique_names(c, c.document.operations(), "UniqueOperationNames", "operation");
    check_unique_names(c, c.document.fragments(), "UniqueFragmentNames", "fragment");
    check_operations(c);
    check_subscriptions(c);
}

}  // namespace roost::graphql
