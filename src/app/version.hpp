#pragma once
#include <string_view>

namespace roost::app {

inline constexpr std::string_view version = ROOST_VERSION;

}  // namespace roost::app
