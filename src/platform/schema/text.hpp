#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "platform/schema/schema.hpp"

namespace roost::schema {

/// The value of one parameter or setting from its text; lists are separated by commas. What is wrong with it comes
/// back as an error of the field `pointer`.
std::optional<field_error> read_text(std::string_view text, const type& t, const limits& bounds, void* into,
                                     std::string pointer);

/// Checks a value that is already of its type against the bounds.
std::optional<field_error> check(const type& t, const limits& bounds, const void* value, std::string pointer);

/// Decoded name=value pairs of a query string, in order. errc::malformed on a broken escape or invalid UTF-8.
result<std::vector<std::pair<std::string, std::string>>> split_query(std::string_view query);

/// A query string into an object: unknown, repeated, missing and bad parameters are all reported at once.
result<void> read_query(std::span<const std::pair<std::string, std::string>> parameters, const type& t, void* into);

template <class T>
result<T> from_query(std::string_view query)
{
    auto pairs = split_query(query);
    if (!pairs) return std::unexpected{std::move(pairs.error())};
    T value{};
    if (auto done = read_query(*pairs, type_of<T>, &value); !done) return std::unexpected{std::move(done.error())};
    return value;
}

/// The value as text, as read_text takes it.
std::string to_text(const type& t, const void* value);

/// Code points in valid UTF-8; nothing when it is not valid or holds NUL, which PostgreSQL cannot keep.
std::optional<std::size_t> count_code_points(std::string_view text);

}  // namespace roost::schema
