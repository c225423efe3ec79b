#include "platform/jobs/meters.hpp"

namespace roost::jobs {
namespace {

constexpr std::string_view outcome_names[] = {"done", "failed", "timed_out", "dead", "lost", "returned"};
constexpr std::array run_bounds = {0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0};

}  // namespace

void meters::add(const std::string& kind)
{
    auto& all = observe::metrics();
    of_kind k{&all.histogram("roost_job_seconds", "Time of one try of a job.", {{"kind", kind}}, run_bounds),
              &all.histogram("roost_job_wait_seconds", "From when a job could have been begun until it was.",
                             {{"kind", kind}}, run_bounds),
              {}};
    for (std::size_t i = 0; i < std::size(outcome_names); ++i)
        k.outcomes[i] = &all.counter("roost_job_tries_total", "Tries of jobs, by how they ended.",
                                     {{"kind", kind}, {"outcome", std::string{outcome_names[i]}}});
    kinds_.emplace(kind, k);
}

void meters::begun(const std::string& kind, double waited) const
{
    kinds_.at(kind).wait->observe(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(std::max(waited, 0.0))));
}

void meters::ended(const std::string& kind, outcome how, std::chrono::nanoseconds took) const
{
    const auto& k = kinds_.at(kind);
    k.run->observe(took);
    k.outcomes[static_cast<std::size_t>(how)]->add();
}

void meters::show(const std::vector<measured>& queue)
{
    for (const auto& [_, g] : counts_) g->set(0);
    for (const auto& [_, g] : ages_) g->set(0);
    for (const auto& m : queue)
    {
        auto& count = counts_[{m.kind, m.status}];
        if (!count)
            count = &observe::metrics().gauge("roost_jobs", "Jobs in the queue, as of some seconds ago.",
                                              {{"kind", m.kind}, {"status", m.status}});
        count->set(static_cast<double>(m.count));
        if (m.status != "waiting") continue;
        auto& age = ages_[m.kind];
        if (!age)
            age = &observe::metrics().gauge("roost_jobs_oldest_seconds", "How long the oldest job waits for a hand.",
                                            {{"kind", m.kind}});
        age->set(m.age);
    }
}

}  // namespace roost::jobs
