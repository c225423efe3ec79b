#pragma once
#include <cstdint>
#include <string>

#include "platform/graphql/coercion.hpp"

namespace roost::graphql {

/// The scalars of the specification; `none` is a custom one.
enum class built_in_scalar : std::uint8_t
{
    none,
    int32,
    number,
    string,
    boolean,
    id,
};

built_in_scalar built_in_of(const named_type& t);

/// What a value of a built-in scalar has to be, and of an enumeration.
std::string wanted(const named_type& t);

bool is_int32(const input& v);
bool is_number(const input& v);

}  // namespace roost::graphql
