#pragma once
#include "core/clock.hpp"
#include "platform/http/answers.hpp"
#include "platform/pg/database.hpp"
#include "search/query.hpp"
#include "search/result.hpp"

namespace roost::search {

/// Finds listed properties. What it shows with dates could be booked at that moment, at that total.
class service
{
    pg::database& db_;
    const clock& clock_;
    int guest_fee_bp_;

public:
    /// `guest_fee_bp`: the platform's share that quotes add, in hundredths of a percent.
    service(pg::database& db, const clock& now, int guest_fee_bp) : db_{db}, clock_{now}, guest_fee_bp_{guest_fee_bp} {}

    /// One page. errc::invalid_input when the parameters contradict each other or the cursor belongs to other ones.
    task<result<http::page<property_summary>>> search(query q);
};

}  // namespace roost::search
