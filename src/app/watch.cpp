#include "app/watch.hpp"

#include <atomic>
#include <map>
#include <string>
#include <unordered_map>

#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"

namespace roost::app {
namespace {

struct text_hash
{
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};

/// The histogram of a statement. Registration locks, so each thread remembers what it was given.
observe::histogram& timing_of(std::string_view statement)
{
    thread_local std::unordered_map<std::string, observe::histogram*, text_hash, std::equal_to<>> known;
    const auto found = known.find(statement);
    if (found != known.end()) return *found->second;
    auto& h = observe::metrics().histogram("roost_pg_statement_seconds", "Time of a statement, by its name.",
                                           {{"statement", std::string{statement}}});
    known.emplace(statement, &h);
    return h;
}

class database_watch final : public pg::observer
{
    observe::histogram& waits_ = observe::metrics().histogram("roost_pg_wait_seconds", "Wait for a connection.");
    observe::counter& retries_ = observe::metrics().counter("roost_pg_retries_total", "Transactions run again.");
    observe::counter& failures_ = observe::metrics().counter("roost_pg_failures_total", "Statements that failed.");
    std::atomic<bool> away_{false};

public:
    void ran(std::string_view statement, std::chrono::nanoseconds took, std::string_view sqlstate) override
    {
        timing_of(statement).observe(took);
        if (!sqlstate.empty()) failures_.add();
    }
    void waited(std::chrono::nanoseconds took) override { waits_.observe(took); }
    void retried(std::string_view) override { retries_.add(); }
    void reachable(bool yes, std::string_view why) override
    {
        // Every thread notices for itself; the log hears it once.
        if (away_.exchange(!yes) == !yes) return;
        if (yes)
            log::info("postgresql is back");
        else
            log::warn("postgresql is away", {{"reason", why}});
    }
};

}  // namespace

std::shared_ptr<pg::observer> watch_database() { return std::make_shared<database_watch>(); }

}  // namespace roost::app
