#include "importing/review.hpp"

#include <format>

#include "core/utf8.hpp"
#include "importing/texts.hpp"

namespace roost::importing {
namespace {

constexpr std::size_t longest_name = 60, longest_comment = 10'000;

bool is_id(std::string_view text)
{
    return !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace

review_reader::review_reader(std::span<const std::string_view> header) : columns_{header}, width_{header.size()}
{
    for (const auto name : {"listing_id", "id", "date", "reviewer_name", "comments"})
        if (!columns_.has(name)) throw wrong_file{std::format("not a reviews file: it has no column {}", name)};
}

std::expected<imported_review, std::string> review_reader::read(std::span<const std::string_view> row) const
{
    const auto refuse = [](std::string why) { return std::unexpected{std::move(why)}; };
    if (row.size() != width_) return refuse(std::format("it has {} fields, the header has {}", row.size(), width_));
    for (const auto column : {"listing_id", "id"})
        if (const auto text = columns_.get(row, column); !is_id(text))
            return refuse(std::format("{} is not an id: {}", column, utf8_prefix(text, 60)));
    const auto day = columns_.get(row, "date");
    const auto written = parse_date(day);
    if (!written) return refuse(std::format("not a day: {}", utf8_prefix(day, 60)));
    const auto comment = plain_text(columns_.get(row, "comments"));
    if (comment.empty()) return refuse("it says nothing");
    const auto name = plain_text(columns_.get(row, "reviewer_name"));
    return imported_review{.listing_external_id = std::string{columns_.get(row, "listing_id")},
                           .external_id = std::string{columns_.get(row, "id")},
                           .author_name = name.empty() ? "Guest" : std::string{utf8_prefix(name, longest_name)},
                           .written = *written,
                           .comment = std::string{utf8_prefix(comment, longest_comment)}};
}

}  // namespace roost::importing
