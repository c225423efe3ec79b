#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/dates.hpp"
#include "core/id.hpp"
#include "platform/auth/identity.hpp"
#include "platform/http/answers.hpp"
#include "platform/pg/database.hpp"
#include "platform/schema/schema.hpp"

/// Which nights of a property are free, and closing them by hand.
namespace roost::calendar {

using block_id = id<struct block_tag>;

/// The nights [from, to).
struct nights
{
    date from, to;

    bool operator==(const nights&) const = default;

    static constexpr auto fields =
        schema::fields(schema::field<&nights::from>("from", schema::example{R"("2027-03-05")"}, "First night."),
                       schema::field<&nights::to>("to", schema::example{R"("2027-03-09")"}, "Day after the last."));
};

/// What of the window no range in `taken` (in order, without overlaps) covers.
std::vector<nights> free_nights(nights window, const std::vector<nights>& taken);

struct window_query
{
    std::optional<date> from, to;

    static constexpr auto fields = schema::fields(
        schema::field<&window_query::from>("from", "First night; today there when absent."),
        schema::field<&window_query::to>("to", "Day after the last; 90 days after the first when absent."));
};

/// At most 370 days; errc::invalid_input.
result<nights> window_of(const window_query& q, date today);

struct availability
{
    property_id property;
    date from, to;
    std::vector<nights> free;

    static constexpr auto fields = schema::fields(
        schema::field<&availability::property>("property_id", "Which property."),
        schema::field<&availability::from>("from", "First night looked at."),
        schema::field<&availability::to>("to", "Day after the last."),
        schema::field<&availability::free>("free", "Nights nobody has taken or closed. Stay rules apply on top."));
};

enum class block_kind
{
    host,
    imported,
    feed,
};
constexpr auto names_of(block_kind) { return std::to_array<std::string_view>({"host", "imported", "feed"}); }

struct block
{
    block_id id;
    block_kind kind;
    date from, to;
    instant created_at;

    static constexpr auto fields = schema::fields(
        schema::field<&block::id>("id", "Its id."),
        schema::field<&block::kind>("kind",
                                    "Whether the host closed them, an import, or a calendar of another platform."),
        schema::field<&block::from>("from", "First night."), schema::field<&block::to>("to", "Day after the last."),
        schema::field<&block::created_at>("created_at", "When it was made."));
};

struct blocks_query
{
    int limit = 50;
    std::optional<std::string> cursor;

    static constexpr auto fields = schema::fields(
        schema::field<&blocks_query::limit>("limit", schema::between{1, 100}, schema::defaulted, "Results on a page."),
        schema::field<&blocks_query::cursor>("cursor", schema::at_most{100}, "From `next` or `previous`."));
};

class openings
{
    pg::database& db_;
    const clock& clock_;

public:
    openings(pg::database& db, const clock& c) : db_{db}, clock_{c} {}

    // Of several properties at a time, each by itself and in their order.

    /// Free nights of a window of at most 370 days; the past is never free. Properties that are not listed show
    /// themselves to their hosts and admins only.
    task<std::vector<result<availability>>> look(std::optional<identity> who, std::vector<property_id> properties,
                                                 window_query window);

    /// What is closed by hand, import or feed from today on, in order. Closing and opening are the host's own business,
    /// and admins'.
    task<std::vector<result<http::page<block>>>> blocks(identity who, std::vector<property_id> properties,
                                                        blocks_query query);

    // Of one.

    /// Closes nights. Blocks by hand that overlap or touch become one, which is returned; imported ones give way.
    /// errc::dates_taken when somebody has booked or holds one of the nights.
    task<result<block>> close(pg::tx& tx, const identity& who, property_id property, nights range);

    /// Opens a block's nights again. errc::wrong_state when a feed closes them: it would again at once.
    task<result<void>> open(pg::tx& tx, const identity& who, property_id property, block_id which);
};

}  // namespace roost::calendar
