#pragma once
#include <cstddef>
#include <vector>

#include "platform/graphql/ast.hpp"
#include "platform/graphql/type_system.hpp"

namespace roost::graphql {

struct validation_settings
{
    /// No more errors than that are told.
    std::size_t max_errors = 20;
    /// Whether messages propose names that do exist ("Did you mean …?"), which tells the schema to whoever guesses.
    bool suggestions = true;
    /// How many steps the rules may take that are not linear in the text, such as that overlapping fields can be
    /// merged: code::too_intricate.
    std::size_t steps = 200'000;
};

/// Checks a document against every rule for executable documents of the specification: its edition of October 2021,
/// with @oneOf and what else September 2025 adds. Nothing is returned when it is valid. Errors are
/// code::invalid_document and name their rule.
std::vector<error> validate(const schema& s, const document& d, const validation_settings& settings = {});

}  // namespace roost::graphql
