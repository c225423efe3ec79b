#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <print>

#include "app/commands.hpp"
#include "app/version.hpp"

using namespace roost;

namespace {

/// Settings from file and environment, or the list of everything that is wrong with them.
void load(app::settings& s, const std::string& file)
{
    const auto loaded = config::load(s.sections(), file);
    if (loaded) return;
    for (const auto& f : loaded.error().fields) std::println(stderr, "roost: {}: {}", f.pointer, f.detail);
    std::println(stderr, "roost: `roost config --help` explains every setting");
    throw CLI::RuntimeError(2);
}

void add_migrate(CLI::App& cli, app::settings& s, int& code)
{
    auto* migrate =
        cli.add_subcommand("migrate", "Bring the database's schema up to this release")->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, app::migration_command what) {
        migrate->add_subcommand(name, help)->callback([&s, &code, what] { code = app::migrate(s, what); });
    };
    add("up", "Apply what is missing", app::migration_command::up);
    add("status", "List every migration and whether it was applied", app::migration_command::status);
    add("verify", "Compare what was applied with this release", app::migration_command::verify);
}

}  // namespace

int main(int argc, char** argv)
{
    CLI::App cli{"Roost, the backend of a short-term-rental marketplace"};
    cli.require_subcommand(1);
    cli.set_version_flag("--version", std::string{app::version});

    app::settings s;
    const auto help = config::describe(s.sections());
    std::string file;
    int code = 0;
    cli.add_option("--config", file, "Settings file (INI); variables of the environment beat it")
        ->envname("ROOST_CONFIG")
        ->check(CLI::ExistingFile);
    cli.parse_complete_callback([&] { load(s, file); });

    cli.add_subcommand("serve", "Serve the API until SIGTERM")->callback([&] { code = app::serve(s); });
    add_migrate(cli, s, code);
    cli.add_subcommand("config", "Print the effective settings; --help explains each")
        ->footer("Settings:\n" + help)
        ->callback([&] { std::print("{}", config::print(s.sections())); });
    cli.add_subcommand("openapi", "Print the API's contract")->callback([&] { code = app::print_openapi(s); });

    try
    {
        cli.parse(argc, argv);
    }
    catch (const CLI::ParseError& e)
    {
        return cli.exit(e);
    }
    catch (const std::exception& e)
    {
        std::println(stderr, "roost: {}", e.what());
        return 1;
    }
    return code;
}
