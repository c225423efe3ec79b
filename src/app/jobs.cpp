#include <print>

#include "app/commands.hpp"
#include "platform/pg/run.hpp"

namespace roost::app {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, std::min(text.find('\n'), std::size_t{120})); }

/// The jobs named on the command line, or those that the filter finds.
std::vector<jobs::job_id> chosen(pg::database& db, const job_choice& c)
{
    auto ids = c.ids;
    if (!ids.empty()) return ids;
    for (const auto& j : pg::run(db, jobs::list(db, c.kind, c.status, c.most))) ids.push_back(j.id);
    return ids;
}

}  // namespace

int list_jobs(const settings& s, const job_choice& c)
{
    pg::database db{s.for_database()};
    for (const auto& j : pg::run(db, jobs::list(db, c.kind, c.status, c.most)))
        std::println("{}  {:<9}  {:<28}  {}  tries {}  {}", j.id.text(), name_of(j.status), j.kind, format(j.due),
                     j.tries, first_line(j.error));
    return 0;
}

int show_job(const settings& s, jobs::job_id id)
{
    pg::database db{s.for_database()};
    const auto j = pg::run(db, jobs::show(db, id));
    if (!j)
    {
        std::println(stderr, "roost: there is no such job: it is done, or never was");
        return 1;
    }
    std::println("id        {}\nkind      {}\nstatus    {}\ntries     {}\nsince     {}\ncreated   {}", j->id.text(),
                 j->kind, name_of(j->status), j->tries, format(j->due), format(j->created_at));
    if (j->lease_until) std::println("lease     until {}", format(*j->lease_until));
    if (!j->unique_key.empty()) std::println("key       {}", j->unique_key);
    std::println("payload   {}", j->payload);
    for (const auto& e : j->errors) std::println("failed    {}", e);
    return 0;
}

int retry_jobs(const settings& s, const job_choice& c)
{
    pg::database db{s.for_database()};
    int refused = 0;
    for (const auto id : chosen(db, c))
    {
        const auto done = pg::run(db, jobs::retry(db, id));
        std::println("{}  {}", id.text(), done ? "waits" : done.error().detail);
        if (!done) ++refused;
    }
    return refused == 0 ? 0 : 1;
}

int cancel_jobs(const settings& s, const job_choice& c)
{
    pg::database db{s.for_database()};
    int missing = 0;
    for (const auto id : chosen(db, c))
    {
        const auto was = pg::run(db, jobs::cancel(db, id));
        std::println("{}  {}", id.text(),
                     !was                            ? "is not there"
                     : *was == jobs::status::running ? "cancelled; it was running, and what it did outside stays done"
                                                     : "cancelled");
        if (!was) ++missing;
    }
    return missing == 0 ? 0 : 1;
}

}  // namespace roost::app
