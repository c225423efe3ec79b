#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roost::graphql {

/// A place in a document, both counted from 1. Columns count UTF-16 units, as editors do.
struct location
{
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    bool operator==(const location&) const = default;
};

/// Why a request was refused before any resolver ran. `code` becomes `extensions.code`; `rule` names the rule of
/// validation that a document breaks, as the reference implementation does ("FieldsOnCorrectType"), and is empty
/// otherwise.
struct error
{
    std::string message;
    std::string_view code;
    std::vector<location> locations;
    std::string_view rule = {};
};

/// A message of which a name in a document, which may be as long as the document, makes no more than a few lines.
inline std::string shortened(std::string message)
{
    constexpr std::size_t most = 400;
    if (message.size() > most) message.replace(most, message.npos, "…");
    return message;
}

/// The codes of this engine's own refusals. Those of the services are added by whoever executes.
namespace code {
inline constexpr std::string_view syntax = "graphql_syntax";             ///< the document does not parse
inline constexpr std::string_view invalid_document = "graphql_invalid";  ///< it breaks a rule of validation
inline constexpr std::string_view bad_operation = "graphql_operation";   ///< no such operation in the document
inline constexpr std::string_view bad_variables = "graphql_variables";   ///< a variable's value does not fit its type
inline constexpr std::string_view too_many_tokens = "graphql_tokens";    ///< limits, one code each
inline constexpr std::string_view too_nested = "graphql_nesting";        ///< brackets within brackets, in the text
inline constexpr std::string_view too_deep = "graphql_depth";            ///< fields within fields, fragments included
inline constexpr std::string_view too_many_aliases = "graphql_aliases";
inline constexpr std::string_view too_many_directives = "graphql_directives";
inline constexpr std::string_view too_many_root_fields = "graphql_root_fields";
inline constexpr std::string_view too_many_fields = "graphql_fields";
inline constexpr std::string_view too_costly = "graphql_cost";
inline constexpr std::string_view too_intricate = "graphql_intricate";  ///< its fields overlap too much to be checked
}  // namespace code

}  // namespace roost::graphql
