#pragma once
#include <string>
#include <string_view>

/// How names of declarations look in GraphQL.
namespace roost::graphql {

/// "nightly_price" → "nightlyPrice"
std::string camel(std::string_view name);
/// "property_status" → "PropertyStatus"
std::string pascal(std::string_view name);
/// "in_stay" → "IN_STAY", "-price" → "PRICE_DESC"
std::string upper(std::string_view name);
/// "/nights/0/check_in" → "/nights/0/checkIn"
std::string camel_pointer(std::string_view pointer);

}  // namespace roost::graphql
