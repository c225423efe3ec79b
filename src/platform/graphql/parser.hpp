#pragma once
#include <cstddef>
#include <expected>
#include <limits>
#include <string>

#include "platform/graphql/ast.hpp"

namespace roost::graphql {

/// What a parser takes before it gives up. A document is at most 4 GiB in any case.
struct parse_limits
{
    std::size_t tokens = std::numeric_limits<std::size_t>::max();
    /// Brackets within brackets: selections, lists, objects. Whatever walks a document recurses no deeper than this in
    /// one operation or fragment.
    std::size_t nesting = 200;
};

/// Parses a document: operations and fragments, and the definitions of a schema. The first thing wrong ends it:
/// code::syntax, code::too_many_tokens or code::too_nested, with its place.
std::expected<document_ptr, error> parse(std::string source, const parse_limits& limits = {});

/// Parses one value on its own, `{min: 1}`, into `into`; `text` and the arena must outlive it. Variables are refused.
std::expected<ast::value, error> parse_value(std::string_view text, arena& into);

/// Parses one type on its own, `[Int!]!`; `text` must outlive it.
std::expected<ast::type, error> parse_type(std::string_view text);

}  // namespace roost::graphql
