#include "importing/calendar.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "core/utf8.hpp"

namespace roost::importing {

calendar_reader::calendar_reader(std::span<const std::string_view> header, sink out)
    : columns_{header}, width_{header.size()}, runs_{columns_.has("first_date")}, out_{std::move(out)}
{
    for (const std::string_view name : {"listing_id", runs_ ? "last_date" : "date", "available"})
        if (!columns_.has(name)) throw wrong_file{std::format("not a calendar: it has no column {}", name)};
}

std::expected<void, std::string> calendar_reader::read(std::span<const std::string_view> row)
{
    const auto refuse = [](std::string why) { return std::unexpected{std::move(why)}; };
    if (row.size() != width_) return refuse(std::format("it has {} fields, the header has {}", row.size(), width_));
    const auto listing = columns_.get(row, "listing_id");
    if (listing.empty() || listing.size() > 20 || listing.find_first_not_of("0123456789") != listing.npos)
        return refuse(std::format("listing_id is not an id: {}", utf8_prefix(listing, 60)));
    const auto first_text = columns_.get(row, runs_ ? "first_date" : "date");
    const auto last_text = runs_ ? columns_.get(row, "last_date") : first_text;
    const auto first = parse_date(first_text), last = parse_date(last_text);
    if (!first) return refuse(std::format("not a day: {}", utf8_prefix(first_text, 60)));
    if (!last || *last < *first)
        return refuse(std::format("not the last day of a run: {}", utf8_prefix(last_text, 60)));
    const auto available = columns_.get(row, "available");
    if (available != "t" && available != "f")
        return refuse(std::format("available is neither t nor f: {}", utf8_prefix(available, 60)));

    first_day_ = first_day_ ? std::min(*first_day_, *first) : *first;
    const bool same = listing == listing_;
    if (!same)
    {
        finish();
        listing_ = listing;
        out_(listing_, std::nullopt);
    }
    const date_range nights{*first, *last + std::chrono::days{1}};
    if (available == "f" && open_ && open_->to() == *first)
        open_ = date_range{open_->from(), nights.to()};
    else
    {
        finish();
        if (available == "f") open_ = nights;
    }
    return {};
}

void calendar_reader::finish()
{
    if (const auto done = std::exchange(open_, std::nullopt)) out_(listing_, done);
}

}  // namespace roost::importing
