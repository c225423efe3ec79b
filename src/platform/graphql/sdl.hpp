#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "platform/graphql/ast.hpp"
#include "platform/graphql/type_system.hpp"

namespace roost::graphql {

/// A schema in SDL, types and fields in their order, built-in ones left out: `contract/schema.graphql`. What it prints
/// is read again by `build_schema` as the same schema.
std::string print_schema(const schema& s);

/// What a document of type definitions and extensions describes; every rule for such documents is checked. Errors are
/// code::invalid_document.
std::expected<definition::schema, std::vector<error>> describe(const document& sdl);

/// `describe`, then `schema::build`.
std::expected<schema_ptr, std::vector<error>> build_schema(std::string sdl);

}  // namespace roost::graphql
