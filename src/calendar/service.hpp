#pragma once
#include "calendar/availability.hpp"
#include "calendar/resources.hpp"
#include "platform/http/parameters.hpp"

namespace roost::calendar {

inline constexpr int most_seasons = 50;

/// Prices and rules by date. Who may see a property may see its calendar; changing anything is the host's own business,
/// and admins'. Every change of a price or rule makes quotes made before void.
class service
{
    pg::database& db_;
    const clock& clock_;
    openings& openings_;

    task<result<void>> open_or_close(pg::tx& tx, const identity& who, property_id property, const calendar_edit& e);

public:
    service(pg::database& db, const clock& c, openings& o) : db_{db}, clock_{c}, openings_{o} {}

    // Of several properties at a time, each by itself and in their order.

    /// Each night of a window of at most 370 days with its price, its rules, and why it cannot be had.
    task<std::vector<result<property_calendar>>> look(std::optional<identity> who, std::vector<property_id> properties,
                                                      window_query window);
    task<std::vector<result<property_pricing>>> pricing_of(std::optional<identity> who,
                                                           std::vector<property_id> properties);
    task<std::vector<result<std::vector<season>>>> seasons(std::optional<identity> who,
                                                           std::vector<property_id> properties);

    // Of one.

    /// All edits or none. errc::invalid_input points at what is wrong, errc::dates_taken when somebody has a night that
    /// shall be closed.
    task<result<calendar_edited>> edit(pg::tx& tx, const identity& who, property_id property, calendar_edits asked);

    /// Replaces all of it. errc::version_mismatch when `expected` names other versions.
    task<result<property_pricing>> set_pricing(pg::tx& tx, const identity& who, property_id property,
                                               const http::if_match& expected, pricing rules);

    /// errc::wrong_state when there are most_seasons already, errc::invalid_input when it overlaps another one.
    task<result<season>> add_season(pg::tx& tx, const identity& who, property_id property, season_terms terms);
    task<result<season>> change_season(pg::tx& tx, const identity& who, property_id property, season_id which,
                                       season_terms terms);
    task<result<void>> remove_season(pg::tx& tx, const identity& who, property_id property, season_id which);
};

}  // namespace roost::calendar
