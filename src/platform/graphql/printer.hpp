#pragma once
#include <string>

#include "platform/graphql/ast.hpp"

namespace roost::graphql {

/// A document in its canonical form, without a character that could be left out. Parsed again it is the same document.
std::string print_compact(const document& d);

/// A value as a literal, `{min: 1, tags: ["a", "b"]}`, as introspection shows default values.
std::string print(const ast::value& v);

}  // namespace roost::graphql
