#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "properties/property.hpp"

namespace roost::importing {

/// Our code for what an export calls "GE stainless steel electric stove" or "Fast wifi – 53 Mbps"; empty when it is
/// nothing the vocabulary has. Any Unicode, either case.
std::string_view amenity_code(std::string_view raw);

/// What "Private room in serviced apartment" says: the building, and which part of it when the text says so.
struct described_type
{
    std::optional<property_type> building;  ///< nothing: a building we do not know
    std::optional<room_type> part;
};
described_type read_property_type(std::string_view raw);

/// "Entire home/apt", "Private room", "Shared room", "Hotel room".
std::optional<room_type> read_room_type(std::string_view raw);

}  // namespace roost::importing
