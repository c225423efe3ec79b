#include "platform/http/worker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <ctime>
#include <typeinfo>

#include "core/id.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/render.hpp"
#include "platform/observe/log.hpp"

namespace roost::http {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr auto as_result = asio::as_tuple(asio::deferred);
constexpr std::chrono::milliseconds tick_time{100};
constexpr std::chrono::milliseconds unwind_time{300};
constexpr std::size_t access_batch = 16 * 1024;
constexpr std::size_t longest_logged_path = 256;

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

observe::counter& refused_connections()
{
    static auto& c = observe::metrics().counter("roost_http_connections_refused_total",
                                                "Connections turned away because there were too many.");
    return c;
}

}  // namespace

std::size_t worker::series_hash::operator()(const series& s) const noexcept
{
    return std::hash<const void*>{}(s.route) * 31 + static_cast<std::size_t>(s.m) * 7
           + static_cast<std::size_t>(s.status_class);
}

worker::worker(shared_state& shared, const asio::ip::tcp::endpoint& at, std::size_t index)
    : shared_{shared},
      lag_{observe::metrics().gauge("roost_event_loop_lag_seconds", "How late a timer of the thread fired last.",
                                    {{"thread", std::to_string(index)}})},
      open_{observe::metrics().gauge("roost_http_connections", "Open connections.")},
      running_{observe::metrics().gauge("roost_http_requests_in_flight", "Requests being handled.")}
{
    io_.emplace(1);  // one thread runs it; others only post
    acceptor_.emplace(*io_);
    acceptor_->open(at.protocol());
    acceptor_->set_option(asio::socket_base::reuse_address{true});
    acceptor_->set_option(reuse_port{true});
    acceptor_->bind(at);
    acceptor_->listen(4096);
    tick_.emplace(*io_);
}

worker::~worker() = default;

void worker::run(std::promise<void>& started)
{
    date_second_ = std::time(nullptr);
    http_date(date_);
    try
    {
        if (shared_.hooks.on_start) shared_.hooks.on_start(*io_);
        asio::co_spawn(*io_, accept(), asio::detached);
        asio::co_spawn(*io_, watch(), asio::detached);
    }
    catch (...)
    {
        started.set_exception(std::current_exception());
        return end();
    }
    started.set_value();
    run_context();
    end();
}

void worker::run_context()
{
    for (;;)
    {
        try
        {
            io_->run();
            return;
        }
        catch (const std::exception& e)
        {
            log::error("handler failed", {{"what", e.what()}});
        }
    }
}

// Closing the pools makes coroutines that still wait for them fail and unwind; what waits for anything else is
// destroyed with the io_context.
void worker::end()
{
    for (auto* c : connections_) c->close();
    acceptor_.reset();
    try
    {
        if (shared_.hooks.on_stop) shared_.hooks.on_stop(*io_);
        tick_->cancel();
        io_->restart();
        io_->run_for(unwind_time);
    }
    catch (const std::exception& e)
    {
        log::error("ending a thread failed", {{"what", e.what()}});
    }
    tick_.reset();
    {
        std::lock_guard lock{ending_};
        io_.reset();
    }
    write_access_lines();
}

task<> worker::accept()
{
    for (bool told = false; acceptor_ && acceptor_->is_open();)
    {
        auto [failed, s] = co_await acceptor_->async_accept(as_result);
        if (!failed)
        {
            told = false;
            take(std::move(s));
            continue;
        }
        if (failed == asio::error::operation_aborted || failed == asio::error::bad_descriptor) co_return;
        if (!std::exchange(told, true)) log::error("accepting connections fails", {{"what", failed.message()}});
        // No descriptor left, most likely: wait for connections to end instead of spinning.
        asio::steady_timer pause{*io_, tick_time};
        co_await pause.async_wait(as_result);
    }
}

void worker::take(socket s)
{
    if (shared_.connections.load(std::memory_order_relaxed) < shared_.config.max_connections)
        return open_connection(*this, std::move(s));
    refused_connections().add();
    if (shared_.tls) return;
    const auto id = uuid::v7().text();
    request nobody;
    nobody.id = id;
    const auto answer = problem(error{errc::overloaded}, nobody);
    std::string busy;
    render_head(busy, answer,
                {.date = date_, .request_id = id, .body_size = answer.bytes().size(), .keep_alive = false});
    busy += answer.bytes();
    boost::system::error_code ignored;
    s.non_blocking(true, ignored);
    s.write_some(asio::buffer(busy), ignored);
    s.shutdown(socket::shutdown_both, ignored);
}

task<> worker::watch()
{
    auto due = steady_clock::now();
    while (acceptor_ || !connections_.empty())
    {
        due += tick_time;
        tick_->expires_at(due);
        const auto [stopped] = co_await tick_->async_wait(as_result);
        if (stopped) co_return;
        const auto now = steady_clock::now();
        lag_.set(std::chrono::duration<double>(now - due).count());
        due = now;
        look_after(now);
    }
}

void worker::look_after(time_point now)
{
    if (const auto second = std::time(nullptr); second != date_second_)
    {
        date_second_ = second;
        http_date(date_);
    }
    for (auto* c : connections_) c->check(now);
    write_access_lines();
    finish_if_idle();
    if (now < drain_until_) return;
    log::warn("requests cut off at the end of the drain", {{"connections", connections_.size()}});
    io_->stop();
}

void worker::drain()
{
    std::lock_guard lock{ending_};
    if (io_) asio::post(*io_, [this] { begin_drain(); });
}

void worker::stop()
{
    std::lock_guard lock{ending_};
    if (io_) asio::post(*io_, [this] { io_->stop(); });
}

void worker::begin_drain()
{
    if (std::exchange(draining_, true)) return;
    drain_until_ = steady_clock::now() + shared_.config.drain_timeout;
    boost::system::error_code none;
    acceptor_->non_blocking(true, none);
    // Who is in the queue already was told "connected": they are served, too.
    for (;;)
    {
        auto s = acceptor_->accept(none);
        if (none) break;
        take(std::move(s));
    }
    acceptor_->close(none);
    for (auto* c : connections_) c->drain();
    if (shared_.hooks.on_drain) shared_.hooks.on_drain(*io_);
    finish_if_idle();
}

void worker::finish_if_idle()
{
    if (draining_ && connections_.empty() && (!shared_.hooks.idle || shared_.hooks.idle(*io_))) io_->stop();
}

void worker::joined(connection& c)
{
    c.place = connections_.size();
    connections_.push_back(&c);
    shared_.connections.fetch_add(1, std::memory_order_relaxed);
    open_.add(1);
}

void worker::left(connection& c)
{
    connections_.back()->place = c.place;
    std::swap(connections_[c.place], connections_.back());
    connections_.pop_back();
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    open_.add(-1);
    if (io_) finish_if_idle();
}

observe::histogram& worker::histogram_of(const request& r, const response& answer)
{
    const int status_class = answer.status / 100;
    auto& place = histograms_[series{answer.route.data(), r.method, status_class}];
    if (!place)
        place = &observe::metrics().histogram("roost_http_request_seconds",
                                              "From the first byte of a request to its reply handed to the network.",
                                              {{"route", answer.route.empty() ? "(none)" : std::string{answer.route}},
                                               {"method", std::string{name_of(r.method)}},
                                               {"status", std::to_string(status_class) + "xx"}});
    return *place;
}

/// Never the query: it may hold what is nobody's business.
std::string_view worker::logged_path(const request& r) const
{
    for (const auto& above : shared_.config.secret_below)
        if (r.path.starts_with(above)) return r.path.substr(0, above.size());
    return r.path.substr(0, longest_logged_path);
}

task<response> worker::answer(request& r)
{
    if (!shared_.hosts.serve(r))
    {
        auto misdirected = problem(421, "misdirected", "This server is not called by that name.", r);
        misdirected.route = "(misdirected)";
        co_return misdirected;
    }
    if (auto preflight = shared_.origins.preflight(r)) co_return std::move(*preflight);
    if (r.path == "*")
    {
        response all;
        all.status = 204;
        all.route = "*";
        co_return all;
    }
    try
    {
        co_return co_await shared_.serve(r);
    }
    catch (const std::exception& e)
    {
        log::error("request failed", {{"request_id", r.id},
                                      {"method", r.method_name},
                                      {"path", logged_path(r)},
                                      {"type", typeid(e).name()},
                                      {"what", e.what()}});
    }
    catch (...)
    {
        log::error("request failed", {{"request_id", r.id}, {"type", "unknown"}});
    }
    co_return problem(500, "internal", "Something went wrong here; it was recorded under the request_id.", r);
}

void worker::answered(const request& r, const response& answer, std::size_t bytes, time_point now)
{
    const auto spent = now - r.started;
    histogram_of(r, answer).observe(spent);
    if (!shared_.config.access_log || !log::enabled(log::level::info)) return;
    const log::field fields[]{
        {"request_id", r.id},
        {"method", r.method_name},
        {"route", answer.route},
        {"path", logged_path(r)},
        {"status", answer.status},
        {"bytes", bytes},
        {"ms", std::chrono::duration<double, std::milli>(spent).count()},
        {"peer", r.peer},
        {"trace_id", r.traceparent.empty() ? r.traceparent : r.traceparent.substr(3, 32)},
    };
    log::render(access_lines_, log::level::info, "request", {fields, r.traceparent.empty() ? 8u : 9u});
    if (access_lines_.size() > access_batch) write_access_lines();
}

// Many lines at a time: handing each over on its own would cost more than answering a small request does.
void worker::write_access_lines()
{
    if (access_lines_.empty()) return;
    log::write_rendered(access_lines_);
    access_lines_.clear();
}

}  // namespace roost::http
