#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/id.hpp"

namespace roost::http {

/// A place between two rows of a list ordered by (key, id), and which way to go on from there.
struct cursor
{
    bool backwards = false;
    std::int64_t key = 0;
    uuid id;

    bool operator==(const cursor&) const = default;
};

/// Opaque text for a link. `list` names the list with its order and filters: the cursor is refused elsewhere.
/// It holds nothing secret and gives no rights, so it is checked, not signed.
std::string encode(const cursor& c, std::string_view list);

/// errc::invalid_input for the parameter "cursor" when the text was not made by `encode` for this list.
result<cursor> decode_cursor(std::string_view text, std::string_view list);

}  // namespace roost::http
