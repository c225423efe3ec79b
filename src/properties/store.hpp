#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/http/cursor.hpp"
#include "platform/pg/database.hpp"
#include "properties/property.hpp"

namespace roost::properties {

/// Nothing when it never was or is deleted.
task<std::optional<property>> find(pg::queryable& db, property_id id);
/// The same, and nobody else changes or books it until the transaction ends.
task<std::optional<property>> find_and_lock(pg::tx& tx, property_id id);
/// Those that exist, in the order asked for.
task<std::vector<property>> find_all(pg::queryable& db, const std::vector<property_id>& ids);

/// Whether it is a policy of this host's; it stays so until the transaction ends.
task<bool> owns_policy(pg::tx& tx, user_id host, policy_id policy);

task<> insert(pg::tx& tx, const property& p);
/// Everything but host, creation and rating.
task<> update(pg::tx& tx, const property& p);

/// Takes every listed property of the host off the list.
task<> unlist_all(pg::tx& tx, user_id host, instant now);

/// A place in a host's own list: the key is created_at in microseconds.
struct own_row
{
    property_id id;
    std::int64_t key = 0;

    static constexpr auto fields = schema::fields(field<&own_row::id>("id", ""), field<&own_row::key>("key", ""));
};
/// Newest first, from the cursor on in its direction, at most `limit`. The cursor has a moment.
task<std::vector<own_row>> list_own(pg::queryable& db, user_id host, std::optional<property_status> status,
                                    std::optional<http::cursor> from, int limit);
task<std::int64_t> count_own(pg::queryable& db, user_id host, std::optional<property_status> status);

}  // namespace roost::properties
