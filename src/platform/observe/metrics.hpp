#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Metrics in Prometheus' text format.
///
///     auto& waits = observe::metrics().histogram("roost_pg_wait_seconds", "Wait for a connection.");
///     waits.observe(elapsed);
///
/// Why not prometheus-cpp: its histogram locks a mutex on every observation and its counter is one compare-and-swap
/// loop shared by all threads. Here each thread owns its cells and adds with a plain load and store; a scrape sums
/// them.
namespace roost::observe {

/// {{"route", "/users/{user_id}/"}, {"status", "2xx"}}
using labels = std::vector<std::pair<std::string, std::string>>;

/// Only grows.
class counter
{
    std::uint32_t cell_;

public:
    explicit counter(std::uint32_t cell) : cell_{cell} {}
    counter(const counter&) = delete;
    void add(std::uint64_t n = 1) noexcept;
    std::uint64_t value() const;
};

/// A level: either set() from anywhere, or moved with add() by many threads.
class gauge
{
    std::uint32_t cell_;
    std::atomic<double> base_{0};

public:
    explicit gauge(std::uint32_t cell) : cell_{cell} {}
    gauge(const gauge&) = delete;
    void set(double value) noexcept { base_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t n) noexcept;
    double value() const;
};

/// A distribution of durations, in seconds when rendered.
class histogram
{
    std::uint32_t cell_;  // one for each bound, then +Inf, then the sum in nanoseconds
    std::span<const double> bounds_;

public:
    histogram(std::uint32_t cell, std::span<const double> bounds) : cell_{cell}, bounds_{bounds} {}
    histogram(const histogram&) = delete;
    void observe(std::chrono::nanoseconds elapsed) noexcept;
    /// Per bucket (not cumulative), then the sum of all in seconds.
    std::pair<std::vector<std::uint64_t>, double> value() const;
};

/// Upper bounds in seconds, 0.5 ms to 10 s.
std::span<const double> default_bounds();

/// Names and owns metrics. References stay valid as long as the registry; asking again for the same name and labels
/// gives the same metric. Registration locks: keep the reference, do not ask on a hot path.
class registry
{
    struct state;
    std::unique_ptr<state> state_;

public:
    registry();
    ~registry();
    registry(const registry&) = delete;

    observe::counter& counter(std::string_view name, std::string_view help, labels l = {});
    observe::gauge& gauge(std::string_view name, std::string_view help, labels l = {});
    observe::histogram& histogram(std::string_view name, std::string_view help, labels l = {},
                                  std::span<const double> bounds = default_bounds());
    /// A level read when scraped, on the scraping thread; a counter when the name ends in _total.
    void gauge(std::string_view name, std::string_view help, labels l, std::function<double()> read);

    /// The whole in Prometheus' text exposition format 0.0.4.
    std::string text() const;
};

/// The registry of the process; it also has memory, CPU and open files of the process.
registry& metrics();

/// Observes the time from its making to its end.
class timer
{
    histogram& into_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

public:
    explicit timer(histogram& into) : into_{into} {}
    timer(const timer&) = delete;
    ~timer() { into_.observe(std::chrono::steady_clock::now() - start_); }
};

}  // namespace roost::observe
