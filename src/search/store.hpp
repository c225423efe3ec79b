#pragma once
#include <optional>
#include <vector>

#include "platform/http/cursor.hpp"
#include "platform/pg/database.hpp"
#include "search/query.hpp"
#include "search/result.hpp"

namespace roost::search {

/// What does not come from the caller.
struct circumstances
{
    instant now;
    int guest_fee_bp;
};

struct matches
{
    std::vector<found> rows;
    std::optional<std::int64_t> count;
};

/// From the cursor on in its direction, one more than `q.limit`; the count when the query asks for it. One snapshot.
/// `q` is settled, and a cursor of a list by time has a moment.
task<matches> run(pg::database& db, const query& q, std::optional<http::cursor> from, circumstances c);

}  // namespace roost::search
