#pragma once
#include "core/dates.hpp"

namespace roost {

/// The IANA zone whose clocks a place shows; degrees, WGS 84. At sea the nautical zone of its longitude.
time_zone time_zone_at(double latitude, double longitude);

}  // namespace roost
