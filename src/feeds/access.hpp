#pragma once
#include <optional>

#include "core/error.hpp"
#include "feeds/store.hpp"
#include "platform/auth/identity.hpp"

namespace roost::feeds {

/// The gate before a host's own business: what one may not even see is absent, the rest is not allowed.
inline result<void> only_owner(const std::optional<owned_property>& p, const identity& who)
{
    const bool owns = p && (p->host == who.user || who.is_admin);
    if (!p || (!owns && p->status != property_status::listed))
        return fail(errc::not_found, "there is no such property");
    if (!owns) return fail(errc::not_allowed, "this property is somebody else's");
    return {};
}

}  // namespace roost::feeds
