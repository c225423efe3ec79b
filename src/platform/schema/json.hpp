#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "platform/schema/schema.hpp"

namespace roost::schema {

/// What becomes of members that are not declared: refused in what callers send, ignored in what other services answer,
/// which grow.
enum class others : std::uint8_t
{
    refused,
    ignored,
};

/// Reads a JSON object strictly: an unknown member, a wrong type, a missing member, a value out of bounds are all
/// reported at once, each with its pointer (errc::invalid_input). Text that is not JSON is errc::malformed.
result<void> read_json(std::string_view text, const type& t, void* into, others o = others::refused);

template <class T>
result<T> from_json(std::string_view text, others o = others::refused)
{
    T value{};
    if (auto done = read_json(text, type_of<T>, &value, o); !done) return std::unexpected{std::move(done.error())};
    return value;
}

/// Which fields of an object to write; bit i is field i.
using field_mask = std::uint64_t;
inline constexpr field_mask all_fields = ~field_mask{0};

/// Appends the value as JSON. `mask` trims the outermost object.
void write_json(std::string& out, const type& t, const void* value, field_mask mask = all_fields);

template <class T>
std::string to_json(const T& value)
{
    std::string out;
    write_json(out, type_of<T>, &value);
    return out;
}

/// Appends `text` as a JSON string with its quotes. Invalid UTF-8 is replaced by U+FFFD.
void write_string(std::string& out, std::string_view text);

/// "id,title" → the mask of those fields; errc::invalid_input names one the object does not have.
result<field_mask> parse_field_mask(const type& object, std::string_view names);

}  // namespace roost::schema
