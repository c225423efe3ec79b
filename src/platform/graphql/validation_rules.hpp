#pragma once
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/graphql/suggestions.hpp"
#include "platform/graphql/validation.hpp"

/// Inside of validation: what its rules share. Each rule is reported under the name that the reference implementation
/// has for it.
namespace roost::graphql {

/// A variable where it is used.
struct variable_usage
{
    const ast::value* value = nullptr;
    type_ref type = {};        ///< what is wanted there; `named` is nullptr where nothing is known
    bool has_default = false;  ///< the argument or input field has a default value
    bool of_one_of = false;    ///< it is a field of a @oneOf type, with neither list nor non-null around that
};

/// What the walk over a definition found, for rules that look at operations with their fragments.
struct definition_facts
{
    std::vector<variable_usage> variables;
    std::vector<const ast::selection*> spreads;
};

struct validation_context
{
    const graphql::schema& schema;
    const graphql::document& document;
    const validation_settings& settings;
    std::vector<error> errors = {};
    std::vector<definition_facts> operations = {};  // as document.operations()
    std::vector<definition_facts> fragments = {};   // as document.fragments()
    std::size_t steps = 0;
    int depth = 0;
    bool aborted = false;

    /// Nothing more is told.
    bool done() const { return aborted || errors.size() >= settings.max_errors; }

    void report(std::string_view rule, std::string message, std::span<const std::uint32_t> at);
    void report(std::string_view rule, std::string message, std::initializer_list<std::uint32_t> at)
    {
        report(rule, std::move(message), std::span{at.begin(), at.size()});
    }

    /// False when a document has taken too many steps: it is refused then, if nothing else is wrong with it.
    bool spend(std::size_t count);

    /// A proposal for a name that is unknown, if those are wanted. `names` gives those that are known.
    std::string suggestion(std::string_view name, auto&& names) const
    {
        return settings.suggestions && !done() ? did_you_mean(name, names()) : std::string{};
    }

    std::size_t index_of(const ast::fragment& f) const
    {
        return static_cast<std::size_t>(&f - document.fragments().data());
    }
};

/// One level of a recursion that follows fragments, for as long as it lives. Too deep a one ends as too many steps do.
class recursion
{
public:
    explicit recursion(validation_context& c) : context_{c}
    {
        constexpr int deepest = 1'000;
        if (++context_.depth > deepest) context_.spend(context_.settings.steps + 1);
    }
    ~recursion() { --context_.depth; }
    recursion(const recursion&) = delete;
    recursion& operator=(const recursion&) = delete;

private:
    validation_context& context_;
};

template <class T>
std::vector<std::string_view> names_of(const T& values)
{
    std::vector<std::string_view> names;
    for (const auto& v : values) names.push_back(v.name);
    return names;
}

/// Operations, fragments and what else a document defines, by themselves.
void check_definitions(validation_context& c);
/// Fields, fragments, directives and arguments against the schema; fills in the facts.
void check_selections(validation_context& c);
/// Fragments that are unknown, unused, or in circles.
void check_fragments(validation_context& c);
/// Variables: their definitions, and their uses throughout an operation.
void check_variables(validation_context& c);
/// OverlappingFieldsCanBeMerged.
void check_merging(validation_context& c);

/// Where arguments stand.
struct argument_place
{
    const input_values& definitions;
    std::string_view owner;  ///< "Query.listing" or "@tag", for messages
    std::uint32_t at;
};

/// The arguments of a field or directive, each known, given once, of the right type, and none lacking.
void check_arguments(validation_context& c, std::span<const ast::argument> given, const argument_place& place,
                     definition_facts& facts);
/// Arguments of what is not known: only that each is given once, and which variables they use.
void check_unknown_arguments(validation_context& c, std::span<const ast::argument> given, definition_facts& facts);
/// A literal against the type of where it stands.
void check_value(validation_context& c, const ast::value& v, const variable_usage& where, definition_facts& facts);

}  // namespace roost::graphql
