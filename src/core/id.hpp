#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace roost {

/// 16 bytes, compared bytewise, which for version 7 is order of creation.
struct uuid
{
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const uuid&) const = default;

    /// Lower-case canonical text, 36 characters.
    std::string text() const;
    /// Accepts the canonical form in either case and nothing else.
    static std::optional<uuid> parse(std::string_view text);
    /// A new version 7 id (RFC 9562): ordered by time, and by call within one thread and millisecond.
    static uuid v7();
};

/// The id of one kind of thing; ids of different kinds do not mix.
template <class Tag>
struct id
{
    uuid value;

    auto operator<=>(const id&) const = default;

    std::string text() const { return value.text(); }
    static std::optional<id> parse(std::string_view text)
    {
        if (auto u = uuid::parse(text)) return id{*u};
        return std::nullopt;
    }
    static id make() { return id{uuid::v7()}; }
};

using user_id = id<struct user_tag>;
using property_id = id<struct property_tag>;
using quote_id = id<struct quote_tag>;
using booking_id = id<struct booking_tag>;
using session_id = id<struct session_tag>;

}  // namespace roost

template <class Tag>
struct std::hash<roost::id<Tag>>
{
    std::size_t operator()(const roost::id<Tag>& i) const noexcept
    {
        return std::hash<std::string_view>{}(
            {reinterpret_cast<const char*>(i.value.bytes.data()), i.value.bytes.size()});
    }
};
