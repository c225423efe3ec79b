#include "platform/jobs/queue.hpp"

#include <algorithm>
#include <ranges>

#include "core/utf8.hpp"
#include "platform/jobs/queries.hpp"

namespace roost::jobs {
namespace {

constexpr std::size_t longest_error = 1'000;

double seconds_of(std::chrono::microseconds t) { return std::chrono::duration<double>(t).count(); }

/// What a text column takes.
std::string storable(std::string text)
{
    std::erase(text, '\0');
    if (!is_utf8(text)) return "(its text is not UTF-8)";
    return std::string{utf8_prefix(text, longest_error)};
}

std::vector<std::string> names_of(const std::vector<kind_terms>& kinds)
{
    return std::ranges::to<std::vector>(kinds | std::views::transform(&kind_terms::name));
}

task<std::vector<claimed>> claim_from(pg::queryable& q, const std::vector<kind_terms>& kinds, bool limited_too,
                                      int most)
{
    std::vector<std::string> names;
    std::vector<std::int32_t> leases;
    std::vector<std::optional<std::int32_t>> limits;
    for (const auto& k : kinds)
    {
        if (k.concurrency > 0 && !limited_too) continue;
        names.push_back(k.name);
        leases.push_back(static_cast<std::int32_t>((k.timeout + lease_margin).count()));
        limits.push_back(k.concurrency > 0 ? std::optional{k.concurrency} : std::nullopt);
    }
    co_return co_await q.all<claimed>(sql::claim, most, names, leases, limits);
}

struct schedule_columns
{
    std::vector<std::string> kinds;
    std::vector<std::int32_t> periods, priorities;
    std::vector<pg::json> payloads;

    explicit schedule_columns(const std::vector<periodic>& all)
    {
        for (const auto& p : all)
        {
            kinds.push_back(p.kind);
            periods.push_back(static_cast<std::int32_t>(p.period.count()));
            priorities.push_back(p.priority);
            payloads.push_back({p.payload});
        }
    }
};

}  // namespace

task<std::vector<claimed>> claim(pg::database& db, const std::vector<kind_terms>& kinds, int most)
{
    if (std::ranges::none_of(kinds, [](const kind_terms& k) { return k.concurrency > 0; }))
        co_return co_await claim_from(db, kinds, true, most);
    auto got = co_await db.transaction([&](pg::tx& tx) -> task<result<std::vector<claimed>>> {
        const auto alone = co_await tx.one<bool>(sql::lock_limits);
        co_return co_await claim_from(tx, kinds, alone.value(), most);
    });
    co_return std::move(got.value());  // nothing it does is refused
}

task<bool> finish(pg::queryable& q, job_id id, int token) { co_return co_await q.run(sql::finish, id, token) == 1; }

task<bool> end_try(pg::database& db, job_id id, int token, ending how)
{
    constexpr std::string_view words[] = {"retrying", "waiting", "dead"};
    const auto error = how.error.empty() ? std::nullopt : std::optional{storable(std::move(how.error))};
    for (int attempt = 1;; ++attempt)
    {
        try
        {
            const auto ended = co_await db.one<std::int64_t>(sql::end_try, id, token, words[how.next],
                                                             seconds_of(how.pause), error, how.next != ending::waiting);
            co_return ended == 1;
        }
        catch (const pg::sql_error& e)
        {
            // A job with the same key was enqueued while we looked: now it is there to be seen.
            if (e.sqlstate != "23505" || attempt == 3) throw;
        }
    }
}

task<std::int64_t> wake_due(pg::database& db, std::chrono::microseconds shift, int most)
{
    return db.run(sql::wake_due, seconds_of(shift), most);
}

task<std::vector<lost_job>> take_back(pg::database& db, const std::vector<kind_terms>& kinds, int most)
{
    const auto lost = co_await db.all<lost_job>(sql::lost, names_of(kinds), most);
    std::vector<lost_job> taken;
    for (const auto& j : lost)
    {
        const auto k = std::ranges::find(kinds, j.kind, &kind_terms::name);
        const bool last = k == kinds.end() || j.tries >= k->attempts;
        // One by one, each by compare and swap: whoever had it may be ending it right now.
        if (co_await end_try(db, j.id, j.token,
                             {.next = last ? ending::dead : ending::retrying,
                              .error = "its process did not say how it ended before the lease was over"}))
            taken.push_back(j);
    }
    co_return taken;
}

task<> add_schedules(pg::database& db, const std::vector<periodic>& all, std::chrono::microseconds shift)
{
    co_await db.run(sql::add_schedules, schedule_columns{all}.kinds, seconds_of(shift));
}

task<std::int64_t> start_periodic(pg::database& db, const std::vector<periodic>& all, std::chrono::microseconds shift)
{
    const schedule_columns c{all};
    return db.run(sql::start_periodic, seconds_of(shift), c.kinds, c.periods, c.priorities, c.payloads);
}

task<std::int64_t> forget_dead(pg::database& db, std::chrono::days older_than, int most)
{
    return db.run(sql::forget_dead, static_cast<std::int64_t>(older_than.count()), most);
}

task<std::vector<measured>> measure(pg::database& db) { return db.all<measured>(sql::measure); }

task<> ring(pg::database& db) { co_await db.run(sql::ring); }

}  // namespace roost::jobs
