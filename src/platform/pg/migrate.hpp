#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roost::pg {

/// One file of db/migrations, part of this binary. The first line `-- no-transaction` runs each of its statements
/// (ended by `;` at the end of a line) on its own, for `create index concurrently`; those must bear a second run.
struct migration
{
    int version;  // 12 of 0012_what.sql
    std::string_view name;
    std::string_view sql;
};

/// Every migration in order.
std::span<const migration> migrations();

struct migration_status
{
    int version;
    std::string name;
    enum
    {
        applied,
        pending,
        changed,  // the file is not what was applied
        unknown,  // applied by a newer release, not part of this binary
    } state;
    std::string applied_at;  // empty when pending
};

/// Says what happens, one line at a time.
using migration_log = std::function<void(const std::string&)>;

/// Applies what is missing, each in its own transaction together with its record; returns how many. Any number of
/// nodes may call it at once: one works, the others wait. Killed half way, the next call goes on. Refuses to go on
/// over a changed file. A migration that cannot get its locks in time is tried again for some minutes.
/// Throws std::runtime_error saying which and why.
int migrate_up(const std::string& url, const migration_log& log, std::span<const migration> all = migrations());

std::vector<migration_status> migrate_status(const std::string& url, std::span<const migration> all = migrations());

/// What differs between this binary's migrations and the database; empty when nothing does.
std::vector<std::string> migrate_verify(const std::string& url, std::span<const migration> all = migrations());

}  // namespace roost::pg
