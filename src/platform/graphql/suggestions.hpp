#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace roost::graphql {

/// ` Did you mean "a" or "b"?` of those of `names` that are spelt like `name`; empty when none is.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace roost::graphql
