#pragma once
#include "core/dates.hpp"

namespace roost {

/// The time zone of a point (degrees, WGS 84); at sea the nautical zone of its longitude, "Etc/GMT±n". Approximate:
/// right where people live but for some kilometres along borders, so a host may always state the zone instead. Reads
/// a table in the binary: no I/O, under a microsecond. Throws std::out_of_range when the point is not on earth.
time_zone time_zone_at(double latitude, double longitude);

}  // namespace roost
