#pragma once
#include <string>

#include "app/services.hpp"
#include "platform/http/api.hpp"

namespace roost::app {

/// /healthz, /readyz, /metrics: for load balancers, orchestrators and Prometheus.
void install_health(http::api& a, services& s);

/// /openapi.json, /docs, and what GraphiQL is made of (from the share folder, no other host is asked). To be called
/// once every operation is declared.
void install_documents(http::api& a, const std::string& share);

/// What a browser gets at /graphql.
std::string graphiql_page();

/// /graphql, and /schema.graphql. To be called once every operation is declared.
void install_graph(http::api& a, services& s, const settings& how);

/// /dev/clock: moves "now" for this process. Never installed outside of tests.
void install_test_clock(http::api& a, clock& c);

/// Jobs that tests make, and no other. Never installed outside of tests.
void install_test_jobs(jobs::worker& w, pg::database& db);

/// The folder of static files that was installed with this binary: ../share/roost beside its own.
std::string default_share();

}  // namespace roost::app
