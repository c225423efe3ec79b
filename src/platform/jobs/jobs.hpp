#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/id.hpp"
#include "platform/pg/database.hpp"
#include "platform/schema/json.hpp"
#include "platform/schema/schema.hpp"

/// Work that happens later: kept in PostgreSQL, done at least once, by whichever process has a hand free.
namespace roost::jobs {

using job_id = id<struct job_tag>;

/// What all jobs of one kind have in common. `Payload` is what schema describes; it holds ids, no secrets.
template <class Payload>
struct kind
{
    /// Stands in the database: never renamed. "bookings.expire".
    std::string_view name;
    /// Of jobs that could be done now, those with the smaller number are begun first.
    int priority = 5;
    /// Tries before a job is given up and kept as dead.
    int attempts = 10;
    /// One try takes no longer; its lease ends some time after.
    std::chrono::seconds timeout{60};
    /// At most so many at a time over all processes; 0: any number.
    int concurrency = 0;
    /// After a failure a job waits at random, up to twice as long each time and never longer than this.
    std::chrono::seconds longest_pause{3600};
};

/// The payload of a job that needs none.
struct nothing
{
    static constexpr auto fields = schema::fields();
};

struct options
{
    /// Not before; at once when absent.
    std::optional<instant> at = {};
    /// Of all jobs of this kind that wait, only one has this key: a second one is not made, but the first one waits no
    /// longer if the second could be done at once. Empty: no key.
    std::string unique = {};
};

namespace detail {
void enqueue(pg::tx& tx, std::string_view kind, int priority, std::string payload, instant now, options how);
}

/// The job exists exactly if the transaction commits. `now` is the caller's clock.
template <class Payload>
void enqueue(pg::tx& tx, const kind<Payload>& k, const Payload& payload, instant now, options how = {})
{
    detail::enqueue(tx, k.name, k.priority, schema::to_json(payload), now, std::move(how));
}

/// Thrown by complete_in: the lease has passed to somebody else, and what this try decided must not be kept.
struct lease_lost : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// One try of a job, as its handler sees it.
class attempt
{
public:
    attempt() = default;
    attempt(const attempt&) = delete;
    virtual ~attempt() = default;
    virtual job_id id() const = 0;
    /// From 1.
    virtual int number() const = 0;
    /// Makes the job's completion part of this transaction: it commits only if the job still is ours, so that what a
    /// worker decided whose lease has passed to another is rolled back. Throws lease_lost.
    virtual task<> complete_in(pg::tx& tx) = 0;
};

/// Does the work. An error or an exception means: again later, until the tries are used up. What it does outside of
/// PostgreSQL must bear to be done twice; what it does inside can be made to happen once, by complete_in.
template <class Payload>
using handler = std::function<task<result<void>>(attempt&, Payload)>;

}  // namespace roost::jobs
