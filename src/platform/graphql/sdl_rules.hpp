#pragma once
#include <vector>

#include "platform/graphql/ast.hpp"

namespace roost::graphql {

/// Everything that is wrong with a document of type definitions before its types are put together: the rules of the
/// reference implementation for SDL, under their names. Executable definitions in it are passed over.
std::vector<error> check_sdl(const document& sdl);

}  // namespace roost::graphql
