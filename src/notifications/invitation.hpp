#pragma once
#include <string>

#include "core/dates.hpp"
#include "notifications/notification.hpp"

namespace roost::notifications {

/// The stay as a calendar file (RFC 5545) for the calendar of whoever gets the mail: one event with a stable UID, whose
/// SEQUENCE grows with every change. Nothing when the facts are not those of a stay.
std::string invitation(const facts& f, std::string_view title, std::string_view domain, instant written);

}  // namespace roost::notifications
