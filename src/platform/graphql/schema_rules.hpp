#pragma once
#include <string>
#include <vector>

#include "platform/graphql/type_system.hpp"

namespace roost::graphql {

/// Something wrong with a schema, at an offset of the SDL it comes from.
struct schema_fault
{
    std::string message;
    std::uint32_t at = 0;
};

/// Everything that is wrong with a schema whose names are all resolved.
std::vector<schema_fault> check_types(const schema& s);

}  // namespace roost::graphql
