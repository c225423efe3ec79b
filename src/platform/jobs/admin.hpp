#pragma once
#include <vector>

#include "platform/jobs/jobs.hpp"

/// What people do with the queue by hand: `roost jobs`.
namespace roost::jobs {

enum class status
{
    scheduled,
    waiting,
    running,
    retrying,
    dead,
};
constexpr auto names_of(status)
{
    using namespace std::literals;
    return std::array{"scheduled"sv, "waiting"sv, "running"sv, "retrying"sv, "dead"sv};
}

struct listed_job
{
    job_id id;
    std::string kind;
    jobs::status status;
    std::int32_t tries = 0;
    instant due;  // since when, or from when on
    std::string error;

    static constexpr auto fields =
        schema::fields(schema::field<&listed_job::id>("id"), schema::field<&listed_job::kind>("kind"),
                       schema::field<&listed_job::status>("status"), schema::field<&listed_job::tries>("tries"),
                       schema::field<&listed_job::due>("due"), schema::field<&listed_job::error>("error"));
};

struct shown_job
{
    job_id id;
    std::string kind;
    jobs::status status;
    std::int32_t tries = 0;
    instant due;
    std::string unique_key, payload;
    std::vector<std::string> errors;
    instant created_at;
    std::optional<instant> lease_until;

    static constexpr auto fields = schema::fields(
        schema::field<&shown_job::id>("id"), schema::field<&shown_job::kind>("kind"),
        schema::field<&shown_job::status>("status"), schema::field<&shown_job::tries>("tries"),
        schema::field<&shown_job::due>("due"), schema::field<&shown_job::unique_key>("unique_key"),
        schema::field<&shown_job::payload>("payload"), schema::field<&shown_job::errors>("errors"),
        schema::field<&shown_job::created_at>("created_at"), schema::field<&shown_job::lease_until>("lease_until"));
};

task<std::vector<listed_job>> list(pg::queryable& q, std::optional<std::string> kind, std::optional<status> in,
                                   int most);
task<std::optional<shown_job>> show(pg::queryable& q, job_id id);
/// Puts a dead, retrying or scheduled job among those that wait, with all its tries. errc::wrong_state: it runs or
/// waits already, or another with its key does.
task<result<void>> retry(pg::database& db, job_id id);
/// Takes a job away and says in which state it was; one that runs can then keep nothing it decides.
task<std::optional<status>> cancel(pg::queryable& q, job_id id);

}  // namespace roost::jobs
