#pragma once
#include <cstddef>
#include <string_view>

namespace roost {

/// True for well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// The first `characters` code points of `text`, which is UTF-8.
std::string_view utf8_prefix(std::string_view text, std::size_t characters);

}  // namespace roost
