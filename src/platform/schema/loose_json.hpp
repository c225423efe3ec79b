#pragma once
#include "platform/schema/json.hpp"

/// JSON of services that write the same thing now as "0", now as 0: a number is taken for text, by its digits. Members
/// that are not declared are ignored.
namespace roost::schema {

result<void> read_loose_json(std::string_view text, const type& t, void* into);

template <class T>
result<T> from_loose_json(std::string_view text)
{
    T value{};
    if (auto done = read_loose_json(text, type_of<T>, &value); !done) return std::unexpected{std::move(done.error())};
    return value;
}

}  // namespace roost::schema
