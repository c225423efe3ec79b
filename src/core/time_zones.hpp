#pragma once
#include <optional>
#include <string_view>

namespace roost {

/// The IANA name of the time zone at a point (degrees, WGS 84), "Etc/GMT±n" at sea. Nothing when the point is not on
/// earth. Approximate: exact to some kilometres where people live, coarser along borders far from towns, so a host
/// may always state the zone. Reads a table in the binary: no I/O, under a microsecond.
std::optional<std::string_view> time_zone_at(double latitude, double longitude);

}  // namespace roost
