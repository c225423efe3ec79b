#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <print>

#include "app/commands.hpp"
#include "app/version.hpp"
#include "core/clock.hpp"
#include "importing/inside_airbnb.hpp"
#include "platform/schema/text.hpp"

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

void add_user(CLI::App& cli, app::settings& s, int& code)
{
    auto* user = cli.add_subcommand("user", "Manage accounts")->require_subcommand(1);
    auto* create = user->add_subcommand("create", "Make an account, or give roles to the one of that name");
    const auto wanted = std::make_shared<accounts::cli::wanted_user>();
    create->add_option("--username", wanted->username, "Name to sign in with")->required();
    create->add_option("--email", wanted->email, "Address; empty: none that works");
    create->add_option("--password", wanted->password, "At least 10 characters; empty: cannot sign in with one")
        ->envname("ROOST_USER_PASSWORD");
    create->add_option("--display-name", wanted->display_name, "What others see; empty: the username");
    create->add_flag("--host", wanted->host, "May offer properties");
    create->add_flag("--admin", wanted->admin, "May do everything");
    create->callback([&s, &code, wanted] { code = app::create_user(s, *wanted); });
}

void add_keys(CLI::App& cli, app::settings& s, int& code)
{
    auto* keys = cli.add_subcommand("keys", "Manage the keys that sign access tokens")->require_subcommand(1);
    keys->add_subcommand("list", "Show them")->callback([&s, &code] { code = app::list_keys(s); });
    auto* rotate =
        keys->add_subcommand("rotate", "Make a new key; older ones verify until their last token has expired");
    const auto at_once = std::make_shared<bool>(false);
    rotate->add_flag("--at-once", *at_once, "For a key that leaked: tokens of older keys are refused from now on");
    rotate->callback([&s, &code, at_once] { code = app::rotate_keys(s, *at_once); });
}

/// A value of the command line by the parser that settings and queries use.
template <class T>
CLI::Validator is(const char* what)
{
    return {[what](const std::string& text) -> std::string {
                T value{};
                const auto bad = schema::read_text(text, schema::type_of<T>, {}, &value, what);
                return bad ? bad->detail : "";
            },
            what};
}

template <class T>
std::optional<T> parsed(const std::string& text)
{
    if (text.empty()) return std::nullopt;
    T value{};
    schema::read_text(text, schema::type_of<T>, {}, &value, "");
    return value;
}

struct import_words
{
    std::string listings, calendar, reviews, shift_to, currency, zone, city, country, report;
};

int import_listings(const app::settings& s, const import_words& w)
{
    const auto some = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional{text}; };
    return importing::import_inside_airbnb(s.database.url,
                                           {.listings = w.listings,
                                            .calendar = some(w.calendar),
                                            .reviews = some(w.reviews),
                                            .shift_to = parsed<date>(w.shift_to),
                                            .currency = parsed<currency>(w.currency).value(),
                                            .zone = parsed<time_zone>(w.zone),
                                            .city = w.city,
                                            .country = w.country,
                                            .report = some(w.report)},
                                           roost::clock{}.now());
}

void add_import(CLI::App& cli, app::settings& s, int& code)
{
    auto* all = cli.add_subcommand("import", "Bring in listings from elsewhere")->require_subcommand(1);
    auto* in = all->add_subcommand("inside-airbnb", "Exports of insideairbnb.com, plain or gzip, of any year");
    const auto w = std::make_shared<import_words>();
    in->add_option("listings", w->listings, "listings.csv or listings.csv.gz")->required()->check(CLI::ExistingFile);
    in->add_option("--calendar", w->calendar, "calendar.csv: closed nights become blocks")->check(CLI::ExistingFile);
    in->add_option("--reviews", w->reviews, "reviews.csv: what guests said there; it has no stars")
        ->check(CLI::ExistingFile);
    in->add_option("--shift-to", w->shift_to, "Move the calendar so that it begins on this day")
        ->check(is<date>("DATE"));
    in->add_option("--currency", w->currency, "The files do not say which their prices are in")
        ->required()
        ->check(is<currency>("CODE"));
    in->add_option("--time-zone", w->zone, "Of all places; else by their coordinates")->check(is<time_zone>("ZONE"));
    in->add_option("--city", w->city, "Of all places; else from each row");
    in->add_option("--country", w->country, "ISO 3166-1 alpha-2; else from the time zone");
    in->add_option("--report", w->report, "Write every skipped row to this CSV file");
    in->callback([&s, &code, w] { code = import_listings(s, *w); });
}

struct job_words
{
    std::vector<std::string> ids;
    std::string kind, status;
    int most = 50;

    app::job_choice choice() const
    {
        app::job_choice c{.most = most};
        for (const auto& id : ids) c.ids.push_back(parsed<jobs::job_id>(id).value());
        if (!kind.empty()) c.kind = kind;
        c.status = parsed<jobs::status>(status);
        return c;
    }
};

void add_jobs(CLI::App& cli, app::settings& s, int& code)
{
    auto* jobs = cli.add_subcommand("jobs", "Look at the queue, and mend it")->require_subcommand(1);
    const auto w = std::make_shared<job_words>();
    const auto add = [&](const char* name, const char* help) {
        auto* c = jobs->add_subcommand(name, help);
        if (name != std::string_view{"list"})
            c->add_option("id", w->ids, "Which")->check(is<jobs::job_id>("ID"))->expected(1, 1'000);
        return c;
    };
    const auto filtered = [&](CLI::App* c) {
        c->add_option("--kind", w->kind, "Of this kind, like bookings.pass_time");
        c->add_option("--status", w->status, "scheduled, waiting, running, retrying or dead")
            ->check(is<jobs::status>("STATUS"));
        c->add_option("--limit", w->most, "At most so many, the newest")->check(CLI::Range(1, 10'000));
        return c;
    };
    // Without an id and without a filter, everything would be meant.
    const auto said = [w] {
        if (w->ids.empty() && w->kind.empty() && w->status.empty())
            throw CLI::ValidationError{"say which: ids, --kind or --status"};
        return w->choice();
    };
    filtered(add("list", "Those that are not done, the newest first"))->callback([&s, &code, w] {
        code = app::list_jobs(s, w->choice());
    });
    add("show", "Everything about one, with its last failures")->callback([&s, &code, w, said] {
        code = app::show_job(s, said().ids.at(0));
    });
    filtered(add("retry", "Begin again at once, with all tries"))->callback([&s, &code, said] {
        code = app::retry_jobs(s, said());
    });
    filtered(add("cancel", "Take away"))->callback([&s, &code, said] { code = app::cancel_jobs(s, said()); });
}

void add_payments(CLI::App& cli, app::settings& s, int& code)
{
    struct words
    {
        std::string from, to;
    };
    auto* all = cli.add_subcommand("payments", "Look after payments")->require_subcommand(1);
    auto* c =
        all->add_subcommand("reconcile", "Compare the ledger with what providers have; the last week unless told");
    const auto w = std::make_shared<words>();
    auto* from = c->add_option("--from", w->from, "Charges begun on this day (UTC) or later")->check(is<date>("DATE"));
    auto* to = c->add_option("--to", w->to, "and before this one")->check(is<date>("DATE"));
    from->needs(to);
    to->needs(from);
    c->callback([&s, &code, w] { code = app::reconcile_payments(s, parsed<date>(w->from), parsed<date>(w->to)); });
}

void add_payouts(CLI::App& cli, app::settings& s, int& code)
{
    struct words
    {
        std::string day, status, host;
        int most = 50;
    };
    auto* all = cli.add_subcommand("payouts", "Look after what hosts are paid")->require_subcommand(1);
    const auto w = std::make_shared<words>();
    auto* run = all->add_subcommand("run", "Run a batch again; whoever has a payout of that day gets no other");
    run->add_option("--day", w->day, "Of this day (UTC); the last one unless told")->check(is<date>("DATE"));
    run->callback([&s, &code, w] { code = app::run_payouts(s, parsed<date>(w->day)); });
    auto* list = all->add_subcommand("list", "The newest");
    list->add_option("--status", w->status, "pending, paid or failed")->check(is<payments::payout_status>("STATUS"));
    list->add_option("--host", w->host, "To this host")->check(is<user_id>("ID"));
    list->add_option("--limit", w->most, "At most so many")->check(CLI::Range(1, 10'000));
    list->callback([&s, &code, w] {
        code = app::list_payouts(s, parsed<payments::payout_status>(w->status), parsed<user_id>(w->host), w->most);
    });
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
    cli.add_subcommand("worker", "Do jobs until SIGTERM")->callback([&] { code = app::work(s); });
    add_migrate(cli, s, code);
    add_user(cli, s, code);
    add_keys(cli, s, code);
    add_import(cli, s, code);
    add_jobs(cli, s, code);
    add_payments(cli, s, code);
    add_payouts(cli, s, code);
    cli.add_subcommand("config", "Print the effective settings; --help explains each")
        ->footer("Settings:\n" + help)
        ->callback([&] { std::print("{}", config::print(s.sections())); });
    cli.add_subcommand("openapi", "Print the API's contract")->callback([&] { code = app::print_openapi(s); });
    cli.add_subcommand("graphql", "Print the schema of GraphQL")->callback([&] { code = app::print_graph(s); });

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
