#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "feeds/feed.hpp"
#include "platform/auth/identity.hpp"
#include "platform/pg/database.hpp"

namespace roost::feeds {

/// A calendar as it is sent, with its validator.
struct rendered_calendar
{
    std::string text, etag;
};

/// The secret addresses at which other platforms read a property's calendar.
class addresses
{
    pg::database& db_;
    const clock& clock_;

public:
    addresses(pg::database& db, const clock& c) : db_{db}, clock_{c} {}

    /// `origin` is what the address begins with: "https://roost.example". errc::invalid_input for the eleventh.
    task<result<made_address>> add(pg::tx& tx, const identity& who, property_id property, new_address asked,
                                   std::string origin);
    /// Those of each of several properties, in their order.
    task<std::vector<result<std::vector<ical_address>>>> list(const identity& who, std::vector<property_id> properties);
    task<result<void>> revoke(pg::tx& tx, const identity& who, property_id property, address_id id);

    /// The calendar for whoever knows an address: confirmed stays and what the host has closed, without a word about
    /// anybody, and never what feeds close. The same nights give the same bytes. Nothing when the address is wrong.
    task<std::optional<rendered_calendar>> render(address_id id, std::string_view secret);
};

}  // namespace roost::feeds
