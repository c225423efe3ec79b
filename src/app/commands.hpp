#pragma once
#include "accounts/cli.hpp"
#include "app/settings.hpp"
#include "platform/jobs/admin.hpp"

/// What the subcommands do; each returns the exit code.
namespace roost::app {

int serve(const settings& s);
/// Does jobs and nothing else.
int work(const settings& s);

enum class migration_command
{
    up,
    status,
    verify,
};
int migrate(const settings& s, migration_command what);

int create_user(const settings& s, const accounts::cli::wanted_user& wanted);
int rotate_keys(const settings& s, bool at_once);
int list_keys(const settings& s);

/// Which jobs a command is about: these, or those that the filters find, at most `most`.
struct job_choice
{
    std::vector<jobs::job_id> ids = {};
    std::optional<std::string> kind = {};
    std::optional<jobs::status> status = {};
    int most = 50;
};
int list_jobs(const settings& s, const job_choice& c);
int show_job(const settings& s, jobs::job_id id);
int retry_jobs(const settings& s, const job_choice& c);
int cancel_jobs(const settings& s, const job_choice& c);

/// Compares the ledger with what providers have of charges begun in these days (UTC, the second not included); 1 when
/// they differ.
int reconcile_payments(const settings& s, std::optional<date> from, std::optional<date> to);

/// Runs the batch of that day, or the last one, whether or not it was run.
int run_payouts(const settings& s, std::optional<date> day);
/// Prints the newest, at most `most`.
int list_payouts(const settings& s, std::optional<payments::payout_status> status, std::optional<user_id> host,
                 int most);

/// Print the contracts of REST and of GraphQL.
int print_openapi(const settings& s);
int print_graph(const settings& s);

}  // namespace roost::app
