#pragma once
#include <array>
#include <string>
#include <vector>

#include "accounts/settings.hpp"
#include "core/error.hpp"
#include "feeds/settings.hpp"
#include "payments/mpesa/settings.hpp"
#include "payments/payment.hpp"
#include "payments/paypal/settings.hpp"
#include "payments/paystack/settings.hpp"
#include "payments/receipts/settings.hpp"
#include "payments/settings.hpp"
#include "payments/stripe/settings.hpp"
#include "platform/config/config.hpp"
#include "platform/graphql/settings.hpp"
#include "platform/http/server.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/mail/settings.hpp"
#include "platform/observe/log.hpp"
#include "platform/outbound/settings.hpp"
#include "platform/pg/database.hpp"
#include "reviews/review.hpp"

/// Every setting of the program. The field lists are the documentation: `roost config --help` prints them.
namespace roost::app {

enum class environment
{
    production,
    development,
    test,
};
constexpr auto names_of(environment)
{
    using namespace std::literals;
    return std::array{"production"sv, "development"sv, "test"sv};
}

enum class log_level
{
    debug,
    info,
    warn,
    error,
    off,
};
constexpr auto names_of(log_level)
{
    using namespace std::literals;
    return std::array{"debug"sv, "info"sv, "warn"sv, "error"sv, "off"sv};
}

struct general_settings
{
    app::environment environment = environment::production;
    std::string share = "";

    static constexpr auto fields = schema::fields(
        schema::field<&general_settings::environment>(
            "environment", schema::defaulted,
            "production; development: Server-Timing, and without mail.url /dev/mail shows everybody every "
            "mail, tokens that reset passwords too; test: also a clock that anybody can move."),
        schema::field<&general_settings::share>(
            "share", schema::defaulted,
            "Folder of the files that are served as they are (Swagger UI); empty: beside the binary."));
};

struct database_settings
{
    std::string url;
    int pipelined = 3, exclusive = 8;
    int wait_ms = 2'000, statement_ms = 5'000, lock_ms = 3'000;

    static constexpr auto fields = schema::fields(
        schema::field<&database_settings::url>("url", schema::secret, schema::defaulted,
                                               "PostgreSQL: postgresql://user:password@host:port/name."),
        schema::field<&database_settings::pipelined>("pipelined", schema::between(1, 64), schema::defaulted,
                                                     "Connections per thread that single statements share."),
        schema::field<&database_settings::exclusive>("exclusive", schema::between(1, 256), schema::defaulted,
                                                     "Connections per thread for transactions and slow statements."),
        schema::field<&database_settings::wait_ms>("wait_ms", schema::between(1, 60'000), schema::defaulted,
                                                   "Longest wait for a free connection; then 503."),
        schema::field<&database_settings::statement_ms>("statement_ms", schema::between(10, 600'000), schema::defaulted,
                                                        "Longest run of one statement."),
        schema::field<&database_settings::lock_ms>("lock_ms", schema::between(10, 600'000), schema::defaulted,
                                                   "Longest wait for a lock."));
};

struct redis_settings
{
    std::string url = "redis://127.0.0.1:6379/0";
    int budget_ms = 50;

    static constexpr auto fields = schema::fields(
        schema::field<&redis_settings::url>(
            "url", schema::secret, schema::defaulted,
            "Redis: redis://host:port/db or unix:///path?db=n. It may fail at any time."),
        schema::field<&redis_settings::budget_ms>("budget_ms", schema::between(1, 5'000), schema::defaulted,
                                                  "Longest wait for an answer; then the service goes on without."));
};

struct http_settings
{
    std::string address = "127.0.0.1";
    int port = 8080, threads = 0, max_connections = 10'000, max_header_bytes = 16'384, max_body_bytes = 1'048'576;
    int header_timeout_ms = 10'000, body_timeout_ms = 30'000, idle_timeout_ms = 75'000, request_timeout_ms = 30'000,
        write_timeout_ms = 30'000, drain_timeout_ms = 25'000, compression_min_bytes = 1'024;
    bool compression = true, access_log = true;
    std::vector<std::string> trusted_proxies, cors_origins, hosts;
    std::string tls_certificate_file, tls_key_file;

    static constexpr auto fields = schema::fields(
        schema::field<&http_settings::address>("address", schema::defaulted, "Address to listen on."),
        schema::field<&http_settings::port>("port", schema::between(0, 65'535), schema::defaulted,
                                            "Port; 0: any free one."),
        schema::field<&http_settings::threads>("threads", schema::between(0, 1'024), schema::defaulted,
                                               "0: one for each core."),
        schema::field<&http_settings::max_connections>("max_connections", schema::between(1, 1'000'000),
                                                       schema::defaulted, "Open connections."),
        schema::field<&http_settings::max_header_bytes>("max_header_bytes", schema::between(1'024, 1'048'576),
                                                        schema::defaulted, "Longest head of a request; then 431."),
        schema::field<&http_settings::max_body_bytes>("max_body_bytes", schema::between(1'024, 1'073'741'824),
                                                      schema::defaulted, "Longest body of a request; then 413."),
        schema::field<&http_settings::header_timeout_ms>("header_timeout_ms", schema::between(10, 600'000),
                                                         schema::defaulted, "For the head of a request to arrive."),
        schema::field<&http_settings::body_timeout_ms>("body_timeout_ms", schema::between(10, 600'000),
                                                       schema::defaulted, "For the body of a request to arrive."),
        schema::field<&http_settings::idle_timeout_ms>("idle_timeout_ms", schema::between(10, 3'600'000),
                                                       schema::defaulted, "Between two requests of a connection."),
        schema::field<&http_settings::request_timeout_ms>("request_timeout_ms", schema::between(10, 600'000),
                                                          schema::defaulted, "For a request to be answered; then 503."),
        schema::field<&http_settings::write_timeout_ms>("write_timeout_ms", schema::between(10, 600'000),
                                                        schema::defaulted, "For a client to take a reply."),
        schema::field<&http_settings::drain_timeout_ms>("drain_timeout_ms", schema::between(0, 600'000),
                                                        schema::defaulted,
                                                        "For running requests when the server is asked to end."),
        schema::field<&http_settings::compression>("compression", schema::defaulted,
                                                   "gzip and brotli for larger replies."),
        schema::field<&http_settings::compression_min_bytes>("compression_min_bytes", schema::between(0, 1'073'741'824),
                                                             schema::defaulted, "Smallest reply that is compressed."),
        schema::field<&http_settings::access_log>("access_log", schema::defaulted, "One log line for each request."),
        schema::field<&http_settings::trusted_proxies>("trusted_proxies", schema::defaulted,
                                                       "Addresses or networks whose X-Forwarded-For is believed."),
        schema::field<&http_settings::cors_origins>("cors_origins", schema::defaulted,
                                                    "Origins of browsers that may call, like https://app.example."),
        schema::field<&http_settings::hosts>("hosts", schema::defaulted,
                                             "Names it is called by (Host, without port), by probes too; another is "
                                             "answered 421. Empty: any."),
        schema::field<&http_settings::tls_certificate_file>("tls_certificate_file", schema::defaulted,
                                                            "PEM chain; with the key: serve HTTPS."),
        schema::field<&http_settings::tls_key_file>("tls_key_file", schema::defaulted, "PEM private key."));
};

struct log_settings
{
    log_level level = log_level::info;
    bool json = true;
    std::string file;

    static constexpr auto fields = schema::fields(
        schema::field<&log_settings::level>("level", schema::defaulted, "debug, info, warn, error or off."),
        schema::field<&log_settings::json>("json", schema::defaulted,
                                           "One JSON object a line; false: lines for people."),
        schema::field<&log_settings::file>("file", schema::defaulted, "Empty: standard error."));
};

struct market_settings
{
    int guest_fee_basis_points = 1'200, host_fee_basis_points = 300;
    int quote_minutes = 15, hold_minutes = 15, request_hours = 24, holds_per_guest = 10, holds_per_property = 30;
    reviews::review_scope review_scope = reviews::review_scope::property;

    static constexpr auto fields = schema::fields(
        schema::field<&market_settings::guest_fee_basis_points>(
            "guest_fee_basis_points", schema::between(0, 5'000), schema::defaulted,
            "The guest's service fee, in hundredths of a percent of the host's subtotal."),
        schema::field<&market_settings::host_fee_basis_points>("host_fee_basis_points", schema::between(0, 5'000),
                                                               schema::defaulted,
                                                               "What the host pays of the subtotal."),
        schema::field<&market_settings::quote_minutes>("quote_minutes", schema::between(1, 1'440), schema::defaulted,
                                                       "How long a quoted price holds."),
        schema::field<&market_settings::hold_minutes>("hold_minutes", schema::between(1, 1'440), schema::defaulted,
                                                      "How long nights are kept for a payment."),
        schema::field<&market_settings::request_hours>("request_hours", schema::between(1, 168), schema::defaulted,
                                                       "How long a host has to answer a request."),
        schema::field<&market_settings::holds_per_guest>("holds_per_guest", schema::between(1, 1'000),
                                                         schema::defaulted,
                                                         "Unpaid or unanswered bookings one guest may have at a time."),
        schema::field<&market_settings::holds_per_property>(
            "holds_per_property", schema::between(1, 1'000), schema::defaulted,
            "Unpaid or unanswered bookings that may keep nights of one property at a time."),
        schema::field<&market_settings::review_scope>(
            "review_scope", schema::defaulted,
            "property: a guest's review of a later stay takes the place of the one before; booking: every stay's stays."));
};

struct jobs_settings
{
    bool in_process = true;
    int hands = 4, poll_ms = 1'000, first_pause_ms = 5'000, dead_days = 30, port = 8081;

    static constexpr auto fields = schema::fields(
        schema::field<&jobs_settings::in_process>("in_process", schema::defaulted,
                                                  "`roost serve` does jobs too; false: `roost worker` does them all."),
        schema::field<&jobs_settings::hands>("hands", schema::between(1, 64), schema::defaulted,
                                             "Jobs at a time on each thread."),
        schema::field<&jobs_settings::poll_ms>("poll_ms", schema::between(10, 60'000), schema::defaulted,
                                               "How often the queue is looked at when nothing is heard of it."),
        schema::field<&jobs_settings::first_pause_ms>(
            "first_pause_ms", schema::between(1, 600'000), schema::defaulted,
            "Longest pause after a job's first failure; it doubles with each."),
        schema::field<&jobs_settings::dead_days>("dead_days", schema::between(1, 3'650), schema::defaulted,
                                                 "How long jobs that were given up are kept."),
        schema::field<&jobs_settings::port>("port", schema::between(0, 65'535), schema::defaulted,
                                            "Of `roost worker`, for /healthz, /readyz and /metrics; 0: any free one."));
};

struct celery_settings
{
    std::string url, results_url, queue = "roost";
    std::vector<std::string> publish, accept;

    static constexpr auto fields = schema::fields(
        schema::field<&celery_settings::url>("url", schema::secret, schema::defaulted,
                                             "Redis of a Celery broker, to exchange jobs with; empty: none."),
        schema::field<&celery_settings::results_url>("results_url", schema::secret, schema::defaulted,
                                                     "Redis of its result backend; empty: the broker's."),
        schema::field<&celery_settings::publish>(
            "publish", schema::defaulted, "Kinds that Celery workers do instead, each with its queue: kind:queue."),
        schema::field<&celery_settings::accept>("accept", schema::defaulted, "Kinds that Celery clients may ask for."),
        schema::field<&celery_settings::queue>("queue", schema::length{1, 200}, schema::defaulted,
                                               "The queue in which they ask."));
};

struct settings
{
    general_settings general;
    database_settings database;
    redis_settings redis;
    http_settings http;
    graphql::settings graphql;
    log_settings log;
    auth_settings auth;
    limit_settings limits;
    market_settings market;
    jobs_settings jobs;
    celery_settings celery;
    mail::settings mail;
    feed_settings feeds;
    outbound_settings outbound;
    payment_settings payments;
    stripe_settings stripe;
    paystack_settings paystack;
    paypal_settings paypal;
    mpesa_settings mpesa;
    payout_settings payouts;
    receipt_settings receipts;

    /// The sections under their names; `general` has none.
    std::vector<config::section> sections();

    pg::config for_database() const;
    http::server_config for_server() const;
    log::settings for_log() const;
    jobs::worker_config for_jobs() const;
    result<void> check(payments::provider p) const;
    /// Who takes payments, or what is wrong with what was set.
    result<std::vector<payments::provider>> payment_providers() const;
    /// When hosts are paid what, likewise.
    result<payments::payout_terms> payout_terms() const;
    /// Up to how much one admin alone may adjust the ledger, likewise.
    result<payments::amounts> adjustment_limit() const;
};

}  // namespace roost::app
