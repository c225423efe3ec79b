#pragma once
#include <span>
#include <string_view>

namespace roost {

/// What a place can offer. Codes are API and stored: never renamed.
struct amenity
{
    std::string_view code;      // "air_conditioning"
    std::string_view name;      // "Air conditioning"
    std::string_view category;  // "climate"
};

/// The whole vocabulary, ordered by code.
std::span<const amenity> amenities();

/// Whether there is an amenity of that code.
bool is_amenity(std::string_view code);

}  // namespace roost
