#pragma once
#include <string>

#include "app/services.hpp"
#include "platform/http/api.hpp"

namespace roost::app {

/// /healthz, /readyz, /metrics: for load balancers, orchestrators and Prometheus.
void install_health(http::api& a, services& s);

/// /openapi.json, and /docs (Swagger UI from the share folder, no other host is asked). To be called once every
/// operation is declared.
void install_documents(http::api& a, const std::string& share);

/// /dev/clock: moves "now" for this process. Never installed outside of tests.
void install_test_clock(http::api& a, clock& c);

/// Jobs that tests make, and no other. Never installed outside of tests.
void install_test_jobs(jobs::worker& w, pg::database& db);

/// The folder of static files that was installed with this binary: ../share/roost beside its own.
std::string default_share();

}  // namespace roost::app
