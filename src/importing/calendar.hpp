#pragma once
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/dates.hpp"
#include "importing/listing.hpp"

namespace roost::importing {

/// Turns the rows of a calendar, one for a night or one for a run of equal nights (first_date and last_date, both
/// within), into closed ranges. Joins what follows each other; rows of a listing that stand apart or overlap come out
/// as several ranges.
class calendar_reader
{
public:
    /// Gets each range, and for each listing met a call without nights, so that one with none closed is known as well.
    using sink = std::function<void(std::string_view listing, std::optional<date_range> closed)>;

    /// Throws wrong_file when it is not the header of a calendar.
    calendar_reader(std::span<const std::string_view> header, sink out);

    /// Nothing, or why the row is skipped.
    std::expected<void, std::string> read(std::span<const std::string_view> row);
    /// To be called after the last row.
    void finish();

    /// The earliest day of all rows read, open ones too.
    std::optional<date> first_day() const { return first_day_; }

private:
    columns columns_;
    std::size_t width_;
    bool runs_;
    sink out_;
    std::string listing_;
    std::optional<date_range> open_;  ///< closed nights not given out yet, for they may go on
    std::optional<date> first_day_;
};

}  // namespace roost::importing
