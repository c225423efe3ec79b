#pragma once
#include "accounts/cli.hpp"
#include "app/settings.hpp"

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

/// Prints the contract.
int print_openapi(const settings& s);

}  // namespace roost::app
