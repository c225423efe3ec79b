#include "platform/jobs/admin.hpp"

#include "platform/jobs/queries.hpp"
#include "platform/jobs/queue.hpp"

namespace roost::jobs {

task<std::vector<listed_job>> list(pg::queryable& q, std::optional<std::string> kind, std::optional<status> in,
                                   int most)
{
    return q.all<listed_job>(sql::list_jobs, kind, in, most);
}

task<std::optional<shown_job>> show(pg::queryable& q, job_id id) { return q.one<shown_job>(sql::show_job, id); }

task<result<void>> retry(pg::database& db, job_id id)
{
    try
    {
        if (co_await db.run(sql::retry_job, id) == 0)
            co_return fail(errc::wrong_state, "it runs, waits already, or is not there");
        co_await ring(db);
        co_return result<void>{};
    }
    catch (const pg::sql_error& e)
    {
        if (e.sqlstate != "23505") throw;
    }
    co_return fail(errc::wrong_state, "another with its key waits already");
}

task<std::optional<status>> cancel(pg::queryable& q, job_id id) { return q.one<status>(sql::cancel_job, id); }

}  // namespace roost::jobs
