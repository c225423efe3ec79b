#pragma once
#include <string>
#include <string_view>

#include "platform/graphql/ast.hpp"

namespace roost::graphql {

/// A document in its canonical form, without a character that could be left out. Parsed again it is the same document.
std::string print_compact(const document& d);

/// A string as a literal on one line, or as a block: without a character that could be left out, or laid out for
/// reading, which has its lines begin with `indent`.
void append_string(std::string& out, std::string_view text);
void append_compact_block(std::string& out, std::string_view text);
void append_block(std::string& out, std::string_view text, std::string_view indent);

/// A value as a literal, `{min: 1, tags: ["a", "b"]}`, as introspection shows default values.
std::string print(const ast::value& v);

}  // namespace roost::graphql
