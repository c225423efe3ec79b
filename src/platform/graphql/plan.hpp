#pragma once
#include <boost/container/small_vector.hpp>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/graphql/execute.hpp"

/// Inside of execution.
namespace roost::graphql {

struct planned_set;

/// An error with its places in the document.
struct located
{
    failure why;
    std::vector<location> places;
};

/// A field of the answer, once for all objects of its level: merged from every selection of its response name.
struct planned_field
{
    std::string_view name;
    const field* definition = nullptr;
    const behaviour* does = nullptr;
    const named_type* set_type = nullptr;  // of the objects it is a field of
    boost::container::small_vector<const ast::selection*, 1> nodes;
    input_map arguments;
    std::optional<located> refused;  // its arguments cannot be
    // Made when they are asked for.
    mutable boost::container::small_vector<std::pair<const named_type*, const planned_set*>, 1> sets;
    mutable std::vector<location> places;
};

/// What is selected of an object of one type.
struct planned_set
{
    const named_type* type = nullptr;
    std::vector<planned_field> fields;
    std::optional<located> refused;  // a directive's argument cannot be
};

/// Collects fields ("CollectFields"), once for each level and type.
class planner
{
    const execution& e_;
    arena& arena_;
    std::deque<planned_set> sets_;

    struct collecting;
    planned_set& begin(const named_type& object, std::size_t selections);
    void collect(collecting& c, std::span<const ast::selection> selections);
    bool take(collecting& c, std::span<const ast::directive> directives);
    void add(collecting& c, const ast::selection& s);

public:
    planner(const execution& e, arena& a) : e_{e}, arena_{a} {}

    const planned_set& root(const named_type& object);
    const planned_set& below(const planned_field& f, const named_type& object);
};

}  // namespace roost::graphql
