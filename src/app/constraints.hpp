#pragma once
#include <functional>
#include <map>
#include <string>

#include "core/error.hpp"

namespace roost::app {

/// What a violated constraint of the schema means to the caller, by its name. One that is not listed is a bug and
/// answered 500.
std::map<std::string, error, std::less<>> constraints();

}  // namespace roost::app
