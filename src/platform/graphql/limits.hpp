#pragma once
#include <cstdint>
#include <optional>

#include "platform/graphql/ast.hpp"
#include "platform/graphql/coercion.hpp"
#include "platform/graphql/type_system.hpp"

namespace roost::graphql {

/// What a request may ask for. Counts are of one operation with its fragments expanded, however often they are spread.
struct query_limits
{
    std::uint32_t depth = 12;                ///< fields within fields; code::too_deep
    std::uint32_t introspection_depth = 16;  ///< the same below __schema and __type
    std::uint32_t aliases = 30;              ///< code::too_many_aliases
    std::uint32_t root_fields = 20;          ///< code::too_many_root_fields
    std::uint32_t directives = 50;           ///< code::too_many_directives
    std::uint32_t fields = 1'000;            ///< code::too_many_fields
    std::uint32_t cost = 5'000;              ///< code::too_costly
    /// The same of what is asked of the schema; what clients' tools ask costs some 16,000, and a list more within it
    /// ten times as much.
    std::uint32_t introspection_cost = 25'000;
};

/// Checks the shape of every operation of a document, valid or not, in time linear in its text: depth, aliases, root
/// fields, directives, fields.
std::optional<error> check_shape(const document& d, const query_limits& limits);

struct request_cost
{
    std::uint64_t objects = 0, introspection = 0;
};

/// What an operation costs: 1 for each object it may return, where a list has as many as its `first`, `last` or the
/// like says (`list_size`), and what its fields cost by themselves. Selections count whatever @skip and @include say.
/// What is below __schema and __type counts apart.
/// In time linear in the text; the sum stops at the largest number. The document must be valid.
request_cost cost_of(const schema& s, const document& d, const ast::operation& operation, const input_map& variables);

/// code::too_costly when `cost_of` is above the limits.
std::optional<error> check_cost(const schema& s, const document& d, const ast::operation& operation,
                                const input_map& variables, const query_limits& limits);

}  // namespace roost::graphql
