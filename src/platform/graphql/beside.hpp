#pragma once
#include <vector>

#include "platform/task.hpp"

namespace roost::graphql {

/// Runs them beside each other on the awaiting thread until the last is done; then throws what the first of them threw.
task<> all_of(std::vector<task<>> work);

}  // namespace roost::graphql
