#pragma once
#include <optional>
#include <string>

#include "core/dates.hpp"
#include "core/money.hpp"

namespace roost::importing {

/// What `roost import inside-airbnb` is asked for.
struct inside_airbnb_options
{
    std::string listings;                  ///< path; plain or gzip, a summary or a detailed file of any year
    std::optional<std::string> calendar;   ///< path; one row a night, or runs of equal nights
    std::optional<std::string> reviews;    ///< path; they have no stars, which came with the listings
    std::optional<date> shift_to;          ///< moves the calendar so that its first day is this one
    roost::currency currency;              ///< the files do not say which
    std::optional<roost::time_zone> zone;  ///< else each place's own
    std::string city, country;             ///< else from each row and its zone; ISO 3166-1 alpha-2
    std::optional<std::string> report;     ///< path; a CSV of every skipped row
};

/// Imports listings, their hosts, their closed nights and what was said of them into the database (a libpq connection
/// string or URI, migrated) and tells about it on stderr: progress, the first skipped rows, a summary. Idempotent: a
/// listing is known by its id in the source; one that was changed here since is left as it is. A bad row is skipped,
/// not fatal. Memory does not grow with the files. Interrupted, it leaves whole batches; running it again completes it.
///
/// Returns the exit code: 0 also when rows were skipped, 1 when a file is not what it should be (nothing is imported
/// of it). Throws std::runtime_error when the database or a file cannot be read.
int import_inside_airbnb(const std::string& database, const inside_airbnb_options& options, instant now);

}  // namespace roost::importing
