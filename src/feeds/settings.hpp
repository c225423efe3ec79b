#pragma once
#include "platform/schema/schema.hpp"

namespace roost {

/// Settings of calendars shared with other platforms (section `feeds`).
struct feed_settings
{
    int interval_minutes = 60;

    static constexpr auto fields = schema::fields(schema::field<&feed_settings::interval_minutes>(
        "interval_minutes", schema::between(5, 1'440), schema::defaulted,
        "How often the calendars of other platforms are fetched."));
};

}  // namespace roost
