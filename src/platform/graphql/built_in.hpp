#pragma once
#include <string_view>

namespace roost::graphql {

/// What every schema has: the scalars, the directives and the types of introspection of the specification.
std::string_view built_in_sdl();

}  // namespace roost::graphql
