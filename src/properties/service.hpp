#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "platform/auth/identity.hpp"
#include "platform/http/answers.hpp"
#include "platform/http/parameters.hpp"
#include "platform/pg/database.hpp"
#include "properties/cache.hpp"
#include "properties/changes.hpp"
#include "properties/property.hpp"

namespace roost::properties {

/// Which page of a host's own list.
struct own_query
{
    std::optional<property_status> status;
    int limit = 20;
    std::optional<std::string> cursor;
    bool count = false;

    static constexpr auto fields = schema::fields(
        field<&own_query::status>("status", "Only those."),
        field<&own_query::limit>("limit", schema::between{1, 100}, schema::defaulted, "Results on a page."),
        field<&own_query::cursor>("cursor", schema::at_most{100}, "From `next` or `previous`."),
        field<&own_query::count>("count", schema::defaulted, "Whether to count all of them."));
};

/// Tells whether a property has bookings that are not over yet. Asked inside the deleting transaction, which has
/// locked the property.
using live_bookings = std::function<task<bool>(pg::tx&, property_id)>;

/// The use cases of properties. What somebody may not see is errc::not_found, what they may not change
/// errc::not_allowed. Admins may do what the host may.
class service
{
    pg::database& db_;
    const clock& clock_;
    cache cache_;
    live_bookings has_live_bookings_;

    /// Runs `change` on the locked property of `who`, stores it as the next version, and returns once no process can
    /// serve the one before.
    task<result<property>> modify(identity who, property_id id, http::if_match expected,
                                  std::function<task<result<void>>(pg::tx&, property&)> change);

public:
    service(pg::database& db, redis::client& redis, const clock& now, live_bookings live)
        : db_{db}, clock_{now}, cache_{redis}, has_live_bookings_{std::move(live)}
    {}

    /// A new property of `who`, who is a host: a draft, or listed at once when that is asked for and it is complete.
    task<result<property>> create(pg::tx& tx, identity who, const property_changes& given);

    /// Listed ones for everybody; the others for their host and admins.
    task<result<http::prerendered<property>>> show(property_id id, std::optional<identity> who);

    /// Those that exist and that `who` may see, in no order.
    task<std::vector<property>> show_all(std::vector<property_id> ids, std::optional<identity> who);

    /// Merges the changes. errc::version_mismatch when `expected` names other versions.
    task<result<property>> change(identity who, property_id id, http::if_match expected, property_changes changes);

    /// errc::has_live_bookings while guests are still to come.
    task<result<http::no_content>> remove(identity who, property_id id, http::if_match expected);

    /// Takes everything of a host who leaves off the list; bookings being made wait for it or are seen by whoever asks
    /// afterwards in the same transaction. Copies are served for at most a lease longer.
    task<> unlist_all(pg::tx& tx, user_id host);

    /// The host's own in any status but deleted, newest first.
    task<result<http::page<property>>> list_own(identity who, own_query query);
};

}  // namespace roost::properties
