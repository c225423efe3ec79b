#pragma once
#include <optional>
#include <string>

#include "platform/graphql/type_system.hpp"
#include "platform/graphql/value.hpp"

namespace roost::graphql {

/// Appends a value as its scalar or enumeration is written ("Result Coercion"), or says why it is none.
std::optional<std::string> write_leaf(std::string& out, const named_type& type, const value& v);

}  // namespace roost::graphql
