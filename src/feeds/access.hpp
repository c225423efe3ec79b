#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "feeds/queries.hpp"
#include "feeds/store.hpp"
#include "platform/auth/identity.hpp"
#include "platform/many.hpp"
#include "platform/pg/piles.hpp"

namespace roost::feeds {

inline std::unexpected<error> no_such_property() { return fail(errc::not_found, "there is no such property"); }

/// The gate before a host's own business: what one may not even see is absent, the rest is not allowed.
inline result<void> only_owner(const std::optional<owned_property>& p, const identity& who)
{
    const bool owns = p && (p->host == who.user || who.is_admin);
    if (!p || (!owns && p->status != property_status::listed)) return no_such_property();
    if (!owns) return fail(errc::not_allowed, "this property is somebody else's");
    return {};
}

/// What `statement` finds of several properties, of each that is one's own; as `show` has a row.
template <class Row, class Show = std::identity>
auto lists_of(pg::queryable& q, const identity& who, std::vector<property_id> properties, pg::statement statement,
              Show show = {}) -> task<std::vector<result<std::vector<std::decay_t<std::invoke_result_t<Show, Row>>>>>>
{
    using shown = std::decay_t<std::invoke_result_t<Show, Row>>;
    answers<property_id, std::vector<shown>> told;
    std::vector<property_id> own;
    for (const auto& p : co_await q.all<owned_property>(sql::properties_of_host, properties))
    {
        if (auto allowed = only_owner(p, who); !allowed)
            told.tell(p.id, std::unexpected{std::move(allowed.error())});
        else
            own.push_back(p.id);
    }
    if (own.empty()) co_return told.of(properties, no_such_property());
    auto found = co_await pg::piled(q.all<pg::row_of<property_id, Row>>(statement, own));
    for (const auto& p : own)
    {
        std::vector<shown> rows;
        for (auto& row : found.take(p)) rows.push_back(std::invoke(show, std::move(row)));
        told.tell(p, std::move(rows));
    }
    co_return told.of(properties, no_such_property());
}

}  // namespace roost::feeds
