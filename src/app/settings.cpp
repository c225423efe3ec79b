#include "app/settings.hpp"

#include "app/constraints.hpp"

namespace roost::app {
namespace {

std::chrono::milliseconds ms(int count) { return std::chrono::milliseconds{count}; }
std::size_t size(int count) { return static_cast<std::size_t>(count); }

}  // namespace

std::vector<config::section> settings::sections()
{
    return {config::section_of("", general),          config::section_of("database", database),
            config::section_of("redis", redis),       config::section_of("http", http),
            config::section_of("graphql", graphql),   config::section_of("log", log),
            config::section_of("auth", auth),         config::section_of("limits", limits),
            config::section_of("market", market),     config::section_of("jobs", jobs),
            config::section_of("celery", celery),     config::section_of("mail", mail),
            config::section_of("feeds", feeds),       config::section_of("outbound", outbound),
            config::section_of("payments", payments), config::section_of("stripe", stripe),
            config::section_of("paystack", paystack), config::section_of("paypal", paypal),
            config::section_of("mpesa", mpesa),       config::section_of("payouts", payouts),
            config::section_of("receipts", receipts)};
}

pg::config settings::for_database() const
{
    pg::config c;
    c.url = database.url;
    c.pipelined = database.pipelined;
    c.exclusive = database.exclusive;
    c.wait = ms(database.wait_ms);
    c.statement = ms(database.statement_ms);
    c.lock = ms(database.lock_ms);
    c.constraints = constraints();
    return c;
}

http::server_config settings::for_server() const
{
    http::server_config c;
    c.address = http.address;
    c.port = static_cast<std::uint16_t>(http.port);
    c.threads = size(http.threads);
    c.max_connections = size(http.max_connections);
    c.max_header_bytes = size(http.max_header_bytes);
    c.max_body_bytes = size(http.max_body_bytes);
    c.header_timeout = ms(http.header_timeout_ms);
    c.body_timeout = ms(http.body_timeout_ms);
    c.idle_timeout = ms(http.idle_timeout_ms);
    c.request_timeout = ms(http.request_timeout_ms);
    c.write_timeout = ms(http.write_timeout_ms);
    c.drain_timeout = ms(http.drain_timeout_ms);
    c.compression = http.compression;
    c.compression_min_bytes = size(http.compression_min_bytes);
    c.trusted_proxies = http.trusted_proxies;
    c.cors_origins = http.cors_origins;
    c.hosts = http.hosts;
    c.tls_certificate_file = http.tls_certificate_file;
    c.tls_key_file = http.tls_key_file;
    c.access_log = http.access_log;
    c.secret_below = {"/api/v1/webhooks/mpesa/"};
    c.development = general.environment != environment::production;
    return c;
}

jobs::worker_config settings::for_jobs() const
{
    return {.hands = jobs.in_process ? jobs.hands : 0,
            .poll = ms(jobs.poll_ms),
            .first_pause = ms(jobs.first_pause_ms),
            .grace = ms(http.drain_timeout_ms) * 4 / 5,  // what is cut off then has the rest to be given back
            .dead_kept = std::chrono::days{jobs.dead_days}};
}

/// What a provider lacks to be offered.
result<void> settings::check(payments::provider p) const
{
    using payments::provider;
    switch (p)
    {
        case provider::stripe: return stripe.check();
        case provider::paystack: return paystack.check();
        case provider::paypal: return paypal.check();
        case provider::mpesa: return mpesa.check();
        case provider::sandbox: break;
    }
    if (general.environment != environment::production) return {};
    return invalid("ROOST_PAYMENTS_PROVIDERS", "the sandbox moves no money: it is for development and tests");
}

result<std::vector<payments::provider>> settings::payment_providers() const
{
    using payments::provider;
    const bool production = general.environment == environment::production;
    const auto& named = payments.providers;
    if (named.empty()) return production ? std::vector<provider>{} : std::vector{provider::sandbox};
    if (named.size() == 1 && named.front() == "none") return std::vector<provider>{};
    std::vector<provider> all;
    for (const auto& name : named)
    {
        const auto p = parse_enum<provider>(name);
        if (!p) return invalid("ROOST_PAYMENTS_PROVIDERS", name + " cannot take payments");
        if (auto lacks = check(*p); !lacks) return std::unexpected{std::move(lacks.error())};
        all.push_back(*p);
    }
    return all;
}

result<payments::payout_terms> settings::payout_terms() const
{
    auto minimum = payments::amounts_of(payouts.minimum, "ROOST_PAYOUTS_MINIMUM");
    if (!minimum) return std::unexpected{std::move(minimum.error())};
    return payments::payout_terms{payouts.payable_from,
                                  payouts.schedule,
                                  payouts.weekday,
                                  std::chrono::hours{payouts.hour},
                                  std::chrono::hours{payouts.wait_hours},
                                  *std::move(minimum)};
}

result<payments::amounts> settings::adjustment_limit() const
{
    return payments::amounts_of(payouts.adjustment_limit, "ROOST_PAYOUTS_ADJUSTMENT_LIMIT");
}

log::settings settings::for_log() const
{
    return {.least = static_cast<log::level>(log.level), .json = log.json, .file = log.file};
}

}  // namespace roost::app
