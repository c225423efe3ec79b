#pragma once
#include "core/dates.hpp"

namespace roost {

/// The time zone of a point (degrees, WGS 84); at sea the nautical zone of its longitude, "Etc/GMT±n". Approximate: of
/// the 418 towns the tz database names its zones after, 396 get their own zone and 409 the right clocks; what it gets
/// wrong are small islands and the last kilometres to a border. So a host may always state the zone instead. Reads a
/// table in the binary: no I/O, under a microsecond. Throws std::out_of_range when the point is not on earth.
time_zone time_zone_at(double latitude, double longitude);

}  // namespace roost
