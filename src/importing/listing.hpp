#pragma once
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "properties/property.hpp"

namespace roost::importing {

/// A file that is not what it was given as; the whole of it is refused.
struct wrong_file : std::runtime_error
{
    using runtime_error::runtime_error;
};

/// What the files do not say, or say wrongly.
struct assumptions
{
    roost::currency currency;              ///< every file writes `$`, whatever the prices are in
    std::optional<roost::time_zone> zone;  ///< else that of the place
    std::string city, country;             ///< else from the row and its zone
};

/// One row in our words. Its property has no ids yet.
struct listing
{
    std::string external_id, host_external_id, host_name;
    property offer;
    std::vector<std::string> unknown;  ///< amenities and types the vocabularies do not have, as written
};

/// Finds columns by the names a header gives them. They come and go between years.
class columns
{
    std::map<std::string, std::size_t, std::less<>> at_;

public:
    columns() = default;
    explicit columns(std::span<const std::string_view> header);

    bool has(std::string_view name) const { return at_.contains(name); }
    /// The value in a row, without blanks around it; empty when there is no such column.
    std::string_view get(std::span<const std::string_view> row, std::string_view name) const;
};

/// Reads the rows of a listings file of any year: the 16 columns of the summaries or the 74 and more of the details.
class listing_reader
{
    columns columns_;
    std::size_t width_;
    assumptions assume_;
    std::map<std::string, std::string, std::less<>> countries_;  ///< by zone

public:
    /// Throws wrong_file when a column is missing that every year has.
    listing_reader(std::span<const std::string_view> header, assumptions assume);

    /// The listing, or why the row is skipped. What is empty gets a default: an unpriced listing becomes a draft.
    std::expected<listing, std::string> read(std::span<const std::string_view> row) const;
};

}  // namespace roost::importing
