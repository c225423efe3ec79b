#pragma once
#include <array>
#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace roost {

/// An enum whose values have names outside: it declares, beside itself,
///     constexpr auto names_of(room_type) { return std::array{"entire_home"sv, "private_room"sv}; }
/// in the order of its enumerators, which count from 0. JSON, SQL, query strings and contracts use them.
template <class E>
concept named_enum = std::is_enum_v<E> && requires(E e) {
    { names_of(e).size() } -> std::convertible_to<std::size_t>;
};

template <named_enum E>
inline constexpr auto enum_names = names_of(E{});

template <named_enum E>
constexpr std::string_view name_of(E value)
{
    return enum_names<E>[static_cast<std::size_t>(value)];
}

template <named_enum E>
constexpr std::optional<E> parse_enum(std::string_view name)
{
    for (std::size_t i = 0; i < enum_names<E>.size(); ++i)
        if (enum_names<E>[i] == name) return static_cast<E>(i);
    return std::nullopt;
}

}  // namespace roost
