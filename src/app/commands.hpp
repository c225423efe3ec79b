#pragma once
#include "app/settings.hpp"

/// What the subcommands do; each returns the exit code.
namespace roost::app {

int serve(const settings& s);

enum class migration_command
{
    up,
    status,
    verify,
};
int migrate(const settings& s, migration_command what);

/// Prints the contract.
int print_openapi(const settings& s);

}  // namespace roost::app
