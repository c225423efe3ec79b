#pragma once
#include <format>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/http/answers.hpp"
#include "platform/http/cursor.hpp"
#include "platform/pg/database.hpp"

namespace roost::payments {

/// A row of a list that is in the order of its ids.
template <class T>
struct listed
{
    T shown;
    std::int64_t key = 0;
    decltype(T::id) id;
};

/// A page of a list, newest first: `statement` takes the id it begins after, `filters`, and how many; `before` goes the
/// other way. `name` says which list it is, with its filters.
template <class T, class... Filter>
task<result<http::page<T>>> newest_first(pg::database& db, pg::statement statement, pg::statement before,
                                         std::string name, std::optional<std::string> cursor, int limit,
                                         Filter... filters)
{
    std::optional<http::cursor> from;
    if (cursor)
    {
        auto given = http::decode_cursor(*cursor, name);
        if (!given) co_return std::unexpected{std::move(given.error())};
        from = *given;
    }
    const auto place = from ? std::optional{from->id} : std::nullopt;
    std::vector<listed<T>> rows;
    for (auto& row : co_await db.all<T>(from && from->backwards ? before : statement, place, filters..., limit + 1))
    {
        const auto id = row.id;
        rows.push_back({std::move(row), 0, id});
    }
    auto links = http::cut_page(rows, static_cast<std::size_t>(limit), from, name);
    http::page<T> page{{}, std::move(links.next), std::move(links.previous), {}, std::move(links.places)};
    for (auto& row : rows) page.results.push_back(std::move(row.shown));
    co_return page;
}

/// Nothing where there is no filter.
template <class T>
std::optional<std::vector<T>> any_of(const std::vector<T>& wanted)
{
    return wanted.empty() ? std::nullopt : std::optional{wanted};
}

/// The filter as part of a list's name.
template <class T>
std::string named(const std::vector<T>& wanted)
{
    std::string out;
    for (const auto w : wanted) out.append(" ").append(name_of(w));
    return out;
}
template <class Tag>
std::string named(const std::optional<id<Tag>>& wanted)
{
    return wanted ? " " + wanted->text() : " -";
}

}  // namespace roost::payments
