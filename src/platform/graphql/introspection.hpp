#pragma once
#include "platform/graphql/execute.hpp"

/// What the fields of introspection give (section 4 of the specification).
namespace roost::graphql::introspection {

/// Of a field of __Schema, __Type and so on.
getter getter_of(const field& f);
/// Of __schema and __type.
getter root_getter_of(const schema& s, const field& f);

}  // namespace roost::graphql::introspection
