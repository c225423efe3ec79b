#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
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

/// errc::invalid_input for the parameter "cursor" when the text was not made by `encode` for this list. With '>' or '<'
/// before it, it goes on forwards or backwards from the same place, whichever it was made for.
result<cursor> decode_cursor(std::string_view text, std::string_view list);

/// The key of a list ordered by time: microseconds since 1970. errc::invalid_input when it is out of all reason, which
/// only a forged cursor's is.
result<instant> moment_of(const cursor& c);

/// Where each row of a page stands in its list.
struct row_places
{
    std::string list;
    std::vector<cursor> rows;

    /// Goes on behind the row.
    std::string cursor_of(std::size_t row) const { return encode(rows.at(row), list); }
};

/// The cursors of a page's links.
struct page_links
{
    std::optional<std::string> next, previous;
    row_places places;
};

/// Makes a page of `rows`, which were asked for from `from` on in its direction, one more than `limit`: drops the one
/// too many, puts them in the list's order, and says where it goes on. A row has `key` and `id`.
template <class Row>
page_links cut_page(std::vector<Row>& rows, std::size_t limit, const std::optional<cursor>& from, std::string_view list)
{
    const bool backwards = from && from->backwards;
    const bool more = rows.size() > limit;
    if (more) rows.resize(limit);
    if (backwards) std::ranges::reverse(rows);

    page_links links;
    links.places.list = list;
    links.places.rows.reserve(rows.size());
    for (const auto& row : rows) links.places.rows.push_back({false, row.key, row.id.value});
    if (rows.empty()) return links;
    if (backwards || more) links.next = encode({false, rows.back().key, rows.back().id.value}, list);
    if (backwards ? more : from.has_value())
        links.previous = encode({true, rows.front().key, rows.front().id.value}, list);
    return links;
}

}  // namespace roost::http
