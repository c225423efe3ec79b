#pragma once
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace roost {

/// A calendar day without a zone: what a stay's check-in and check-out are.
using date = std::chrono::sys_days;
/// A moment in UTC, to the microsecond PostgreSQL keeps.
using instant = std::chrono::sys_time<std::chrono::microseconds>;

/// "2026-12-24" and nothing else; years 1900 to 2999.
std::optional<date> parse_date(std::string_view text);
std::string format(date day);

/// RFC 3339 with any offset: "2026-12-24T15:00:00Z", fractions to six digits kept.
std::optional<instant> parse_instant(std::string_view text);
/// RFC 3339 in UTC; fraction only when there is one.
std::string format(instant moment);

/// The nights [from, to): `to` is the day of departure. Never empty.
class date_range
{
    date from_, to_;

public:
    /// Throws std::invalid_argument unless from < to; check first where the days come from outside.
    date_range(date from, date to) : from_{from}, to_{to}
    {
        if (from >= to) throw std::invalid_argument("a stay ends after it begins");
    }

    date from() const { return from_; }
    date to() const { return to_; }
    int nights() const { return static_cast<int>((to_ - from_).count()); }
    bool overlaps(const date_range& other) const { return from_ < other.to_ && other.from_ < to_; }

    bool operator==(const date_range&) const = default;
};

/// An IANA time zone of the system's tz database. Always valid.
class time_zone
{
    const std::chrono::time_zone* zone_;
    explicit time_zone(const std::chrono::time_zone* zone) : zone_{zone} {}

public:
    time_zone();  ///< UTC
    /// Nothing when the database does not know the name.
    static std::optional<time_zone> parse(std::string_view name);
    std::string_view name() const { return zone_->name(); }

    /// The calendar day it is there at that moment.
    date day_of(instant moment) const;
    /// What a wall clock there shows at that moment.
    std::chrono::local_time<std::chrono::microseconds> local(instant moment) const;
    /// The moment a wall clock there shows this. A time the clocks skip is the end of the gap; one they
    /// show twice is the first.
    instant at(date day, std::chrono::minutes time_of_day) const;

    bool operator==(const time_zone&) const = default;
};

}  // namespace roost
