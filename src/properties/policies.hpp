#pragma once
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "platform/auth/identity.hpp"
#include "platform/http/parameters.hpp"
#include "platform/pg/database.hpp"
#include "properties/policy.hpp"

namespace roost::properties {

/// Cancellation policies: the shipped ones, and those hosts make for themselves. Bookings copy the terms, so nothing
/// done here changes a booking. What somebody may not see is errc::not_found, what they may not change not_allowed.
class policies
{
    pg::database& db_;
    const clock& clock_;

    /// One to be changed by `who`, locked.
    task<result<policy>> own(pg::tx& tx, const identity& who, policy_id id, const http::if_match& expected);

public:
    policies(pg::database& db, const clock& c) : db_{db}, clock_{c} {}

    /// What `who` may choose from: the shipped ones first, then their own.
    task<result<std::vector<policy>>> list(const std::optional<identity>& who);
    /// One's own, a shipped one, or the terms of a listed property.
    task<result<policy>> find(const std::optional<identity>& who, policy_id id);

    /// errc::invalid_input for terms under which a guest would gain by waiting; wrong_state for more than a host may
    /// have.
    task<result<policy>> create(pg::tx& tx, const identity& who, new_policy given);
    task<result<policy>> change(pg::tx& tx, const identity& who, policy_id id, const http::if_match& expected,
                                policy_changes changes);
    /// Nobody can choose it any more. errc::wrong_state while a property has it.
    task<result<void>> archive(pg::tx& tx, const identity& who, policy_id id, const http::if_match& expected);
};

}  // namespace roost::properties
