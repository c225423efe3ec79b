#include "platform/jobs/jobs.hpp"

#include "platform/jobs/bell.hpp"
#include "platform/jobs/queries.hpp"

namespace roost::jobs::detail {

void enqueue(pg::tx& tx, std::string_view kind, int priority, std::string payload, instant now, options how)
{
    const auto key = how.unique.empty() ? std::nullopt : std::optional{std::move(how.unique)};
    const bool at_once = !how.at || *how.at <= now;
    tx.queue(sql::enqueue, job_id::make(), kind, pg::json{std::move(payload)}, priority, how.at, now, key);
    // Not by NOTIFY inside the transaction: its commit would wait for every other that notifies.
    if (at_once) tx.after_commit(ring_here);
}

}  // namespace roost::jobs::detail
