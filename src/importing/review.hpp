#pragma once
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "core/dates.hpp"
#include "importing/listing.hpp"

namespace roost::importing {

/// One row of a reviews file in our words. It has no stars: the files do not say who gave how many.
struct imported_review
{
    std::string listing_external_id, external_id, author_name;
    date written;
    std::string comment;
};

/// Reads the rows of a reviews file: listing_id, id, date, reviewer_name, comments; others are ignored.
class review_reader
{
    columns columns_;
    std::size_t width_;

public:
    /// Throws wrong_file when a column is missing.
    explicit review_reader(std::span<const std::string_view> header);

    /// The review, or why the row is skipped.
    std::expected<imported_review, std::string> read(std::span<const std::string_view> row) const;
};

}  // namespace roost::importing
