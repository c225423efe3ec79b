#pragma once
#include <cstdint>
#include <vector>

#include "platform/jobs/jobs.hpp"

/// The statements behind the worker. Nothing outside of this folder needs them.
namespace roost::jobs {

/// What the queue must know of a kind to give out its jobs.
struct kind_terms
{
    std::string name;
    int priority, attempts, concurrency;
    std::chrono::seconds timeout;
};

/// A job that is ours until its lease ends.
struct claimed
{
    job_id id;
    std::string kind, payload;
    std::int32_t tries = 0, token = 0;
    double waited = 0;  // seconds, since it could have been begun

    static constexpr auto fields =
        schema::fields(schema::field<&claimed::id>("id"), schema::field<&claimed::kind>("kind"),
                       schema::field<&claimed::payload>("payload"), schema::field<&claimed::tries>("tries"),
                       schema::field<&claimed::token>("token"), schema::field<&claimed::waited>("waited"));
};

struct lost_job
{
    job_id id;
    std::string kind;
    std::int32_t token = 0, tries = 0;

    static constexpr auto fields =
        schema::fields(schema::field<&lost_job::id>("id"), schema::field<&lost_job::kind>("kind"),
                       schema::field<&lost_job::token>("token"), schema::field<&lost_job::tries>("tries"));
};

struct measured
{
    std::string kind, status;
    std::int64_t count = 0;
    double age = 0;  // seconds the oldest of them has waited for a hand

    static constexpr auto fields =
        schema::fields(schema::field<&measured::kind>("kind"), schema::field<&measured::status>("status"),
                       schema::field<&measured::count>("count"), schema::field<&measured::age>("age"));
};

/// What happens every so often.
struct periodic
{
    std::string kind, payload;
    int priority;
    std::chrono::seconds period;
};

/// How a try ended that did not do the job.
struct ending
{
    enum
    {
        retrying,
        waiting,  // given back by a process that stops: the try does not count
        dead,
    } next;
    std::chrono::milliseconds pause{0};
    std::string error = {};
};

/// The lease outlives the try by this: time to say how it ended.
inline constexpr std::chrono::seconds lease_margin{10};

task<std::vector<claimed>> claim(pg::database& db, const std::vector<kind_terms>& kinds, int most);
/// False: the lease has passed to somebody else.
task<bool> finish(pg::queryable& q, job_id id, int token);
task<bool> end_try(pg::database& db, job_id id, int token, ending how);

/// Lets those wait for a hand whose time has come; `shift` is by how much the clock was moved.
task<std::int64_t> wake_due(pg::database& db, std::chrono::microseconds shift, int most);
/// Takes jobs back whose lease has ended; returns which.
task<std::vector<lost_job>> take_back(pg::database& db, const std::vector<kind_terms>& kinds, int most);

task<> add_schedules(pg::database& db, const std::vector<periodic>& all, std::chrono::microseconds shift);
/// Enqueues what is due; returns how many.
task<std::int64_t> start_periodic(pg::database& db, const std::vector<periodic>& all, std::chrono::microseconds shift);

task<std::int64_t> forget_dead(pg::database& db, std::chrono::days older_than, int most);
task<std::vector<measured>> measure(pg::database& db);
/// Tells the other processes that there is something to do.
task<> ring(pg::database& db);

}  // namespace roost::jobs
