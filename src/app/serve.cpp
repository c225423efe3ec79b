#include <atomic>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <print>

#include "app/commands.hpp"
#include "app/database_time.hpp"
#include "app/graph.hpp"
#include "app/operations.hpp"
#include "app/services.hpp"
#include "app/version.hpp"
#include "notifications/rest.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/http/server.hpp"
#include "platform/jobs/celery.hpp"
#include "platform/observe/log.hpp"
#include "platform/pg/migrate.hpp"

namespace roost::app {
namespace {

/// Whether the schema is the one this binary was built for. A server that cannot be reached yet is not a reason to
/// give up: /readyz says so until it can.
bool schema_is_current(const settings& s)
{
    try
    {
        for (const auto& m : pg::migrate_status(s.database.url))
        {
            if (m.state != pg::migration_status::pending && m.state != pg::migration_status::changed) continue;
            log::error("the schema is not this release's: run `roost migrate up`", {{"migration", m.name}});
            return false;
        }
    }
    catch (const std::exception& e)
    {
        log::warn("the schema could not be checked", {{"error", e.what()}});
    }
    return true;
}

/// Connects each serving thread, and runs on the first what one thread of a process does.
class thread_services
{
    services& services_;
    jobs::celery::bridge* celery_;
    pg::config database_;
    database_time& time_;
    std::atomic<boost::asio::io_context*> first_ = nullptr;

public:
    thread_services(services& s, jobs::celery::bridge* celery, pg::config database, database_time& time)
        : services_{s}, celery_{celery}, database_{std::move(database)}, time_{time}
    {}

    void start(boost::asio::io_context& io)
    {
        services_.redis.attach(io);
        if (celery_) celery_->attach(io);
        services_.jobs.attach(io);
        boost::asio::io_context* none = nullptr;
        if (!first_.compare_exchange_strong(none, &io)) return;
        time_.start(io);
        services_.accounts.start(io, database_);
        services_.subscriptions.start(io, database_);
    }

    void stop(boost::asio::io_context& io)
    {
        if (first_.load() == &io)
        {
            time_.stop();
            services_.accounts.stop();
            services_.subscriptions.stop();
        }
        services_.jobs.detach(io);
        if (celery_) celery_->detach(io);
        services_.accounts.passwords.detach(io);
        services_.notifications.mails.detach(io);
        services_.receipts.detach(io);
        services_.to_providers.threads().detach(io);
        services_.to_strangers.threads().detach(io);
        services_.redis.detach(io);
        services_.db.disconnect(io);
    }
};

void install_basics(http::api& a, services& s, const settings& how)
{
    install_health(a, s);
    if (how.general.environment != environment::test) return;
    install_test_clock(a, s.clock);
    install_test_jobs(s.jobs, s.db);
}

void install(http::api& a, services& s, const settings& how)
{
    install_basics(a, s, how);
    if (how.mail.url.empty() && how.general.environment != environment::production)
    {
        notifications::install_kept_mails(a, s.notifications.people);
        notifications::install_stand_in(a);
    }
    install_features(a, s);
    install_graph(a, s, how);
    install_documents(a, how.general.share);
}

/// Where jobs are done they may be exchanged with Celery.
std::unique_ptr<jobs::celery::bridge> celery_of(const settings& how, services& s)
{
    const auto& c = how.celery;
    if (c.url.empty() || !how.jobs.in_process) return nullptr;
    return std::make_unique<jobs::celery::bridge>(
        s.db, s.jobs, s.clock, jobs::celery::settings{c.url, c.results_url, c.publish, c.accept, c.queue});
}

/// Says what is wrong with a setting.
template <class T>
bool is_good(const result<T>& setting)
{
    if (!setting)
        for (const auto& wrong : setting.error().fields)
            std::println(stderr, "roost: {}: {}", wrong.pointer, wrong.detail);
    return setting.has_value();
}

/// Runs a process of ours until it is asked to end: its threads, what they answer, and the jobs they do.
int run(const settings& how, const http::server_config& server,
        const std::function<void(http::api&, services&)>& declare)
{
    if (how.database.url.empty())
    {
        std::println(stderr, "roost: set ROOST_DATABASE_URL, for example postgresql://roost@127.0.0.1/roost");
        return 2;
    }
    if (how.general.environment == environment::production
        && (how.outbound.plain_http || how.outbound.private_addresses))
    {
        std::println(stderr,
                     "roost: ROOST_OUTBOUND_PLAIN_HTTP and ROOST_OUTBOUND_PRIVATE_ADDRESSES let strangers reach "
                     "what only this machine can reach: they are for development and tests");
        return 2;
    }
    if (!is_good(how.payment_providers()) || !is_good(how.payout_terms()) || !is_good(how.adjustment_limit())) return 2;
    log::init(how.for_log());
    if (!schema_is_current(how))
    {
        log::shutdown();  // or nobody would read why
        return 1;
    }

    if (how.general.environment == environment::production && how.mail.url.empty())
        log::warn("no mail is sent: no server is set to send it by", {{"setting", "ROOST_MAIL_URL"}});

    services s{how};
    http::api a{"/api/v1", s.db};
    declare(a, s);

    database_time time{s.clock, s.db};
    time.compare_now();
    const auto celery = celery_of(how, s);
    thread_services threads{s, celery.get(), how.for_database(), time};
    http::server listening{server,
                           [&a](http::request& r) { return a(r); },
                           {.on_start = [&](boost::asio::io_context& io) { threads.start(io); },
                            .on_drain =
                                [&](boost::asio::io_context& io) {
                                    s.to_strangers.threads().stop();
                                    s.jobs.drain(io);
                                },
                            .idle = [&](boost::asio::io_context& io) { return s.jobs.idle(io); },
                            .on_stop = [&](boost::asio::io_context& io) { threads.stop(io); }}};
    log::info("serving", {{"address", server.address}, {"port", listening.port()}, {"version", version}});
    listening.run();
    log::info("stopped");
    log::shutdown();
    return 0;
}

}  // namespace

int serve(const settings& how)
{
    return run(how, how.for_server(), [&](http::api& a, services& s) { install(a, s, how); });
}

int work(const settings& how)
{
    auto all = how;
    all.jobs.in_process = true;
    auto server = how.for_server();
    server.port = static_cast<std::uint16_t>(how.jobs.port);
    return run(all, server, [&](http::api& a, services& s) { install_basics(a, s, how); });
}

int print_graph(const settings& how)
{
    services s{how};
    http::api a{"/api/v1", s.db};
    install_features(a, s);
    std::print("{}", graphql::print_schema(make_graph(a, s)->schema()));
    return 0;
}

int print_openapi(const settings& how)
{
    services s{how};
    http::api a{"/api/v1", s.db};
    install_features(a, s);
    std::println("{}", http::openapi(a, version));
    return 0;
}

int migrate(const settings& s, migration_command what)
{
    using enum migration_command;
    if (what == up)
    {
        const int n = pg::migrate_up(s.database.url, [](const std::string& line) { std::println("{}", line); });
        std::println("{}", n == 0 ? "nothing to do" : "done");
        return 0;
    }
    if (what == verify)
    {
        const auto differences = pg::migrate_verify(s.database.url);
        for (const auto& d : differences) std::println("{}", d);
        if (differences.empty()) std::println("the database is as this release made it");
        return differences.empty() ? 0 : 1;
    }
    for (const auto& m : pg::migrate_status(s.database.url))
    {
        constexpr std::string_view words[] = {"applied", "pending", "CHANGED", "unknown"};
        std::println("{:04}  {:<8} {:<28} {}", m.version, words[m.state], m.name, m.applied_at);
    }
    return 0;
}

}  // namespace roost::app
