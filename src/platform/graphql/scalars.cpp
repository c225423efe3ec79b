#include "platform/graphql/scalars.hpp"

#include <format>
#include <limits>

namespace roost::graphql {

built_in_scalar built_in_of(const named_type& t)
{
    if (!t.built_in_scalar()) return built_in_scalar::none;
    switch (t.name().front())
    {
        case 'F': return built_in_scalar::number;
        case 'S': return built_in_scalar::string;
        case 'B': return built_in_scalar::boolean;
        default: return t.name() == "ID" ? built_in_scalar::id : built_in_scalar::int32;
    }
}

std::string wanted(const named_type& t)
{
    switch (built_in_of(t))
    {
        case built_in_scalar::int32: return "must be an integer of 32 bits";
        case built_in_scalar::number: return "must be a number";
        case built_in_scalar::string: return "must be a string";
        case built_in_scalar::boolean: return "must be true or false";
        case built_in_scalar::id: return "must be a string or an integer";
        case built_in_scalar::none: break;
    }
    return std::format("must be a value of {}", t.name());
}

constexpr double int32_min = std::numeric_limits<std::int32_t>::min(),
                 int32_max = std::numeric_limits<std::int32_t>::max();

bool is_int32(const input& v)
{
    return v.kind == input_kind::integer && v.floating >= int32_min && v.floating <= int32_max;
}

bool is_number(const input& v) { return v.kind == input_kind::integer || v.kind == input_kind::floating; }

}  // namespace roost::graphql
