#include "platform/jobs/celery.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <format>
#include <stdexcept>

#include "platform/jobs/bell.hpp"
#include "platform/jobs/queries.hpp"
#include "platform/observe/log.hpp"

namespace roost::jobs::celery {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;  // a variable each time: gcc 14 crashes over braces in what is awaited

constexpr auto budget = 2s;
constexpr auto idle_pause = 200ms;
constexpr auto away_pause = 2s;
constexpr int batch = 50;
constexpr int many = 10'000;
constexpr std::string_view result_seconds = "86400";  // as Celery keeps results
constexpr std::string_view most_set_aside = "999";

/// Moves messages out of the queue's four lists (Celery has one for each priority, the most urgent first) into the list
/// of those that are being taken, and reads that. What a process leaves there when it dies, the next one finds; two
/// that read the same make one job of it.
const redis::script take_some{R"(
local room = tonumber(ARGV[1]) - redis.call('llen', KEYS[5])
for list = 1, 4 do
    while room > 0 and redis.call('lmove', KEYS[list], KEYS[5], 'right', 'left') do room = room - 1 end
end
return redis.call('lrange', KEYS[5], -tonumber(ARGV[1]), -1))"};

std::string list_of(const std::string& queue, std::string_view priority)
{
    return priority.empty() ? queue : std::format("{}\x06\x16{}", queue, priority);
}

struct unanswered
{
    job_id id;
    std::string kind;
    std::optional<std::string> parent_id, group_id;
    bool ignore_result = false, revoked = false;
    std::optional<std::string> error;

    static constexpr auto fields = schema::fields(
        schema::field<&unanswered::id>("id"), schema::field<&unanswered::kind>("kind"),
        schema::field<&unanswered::parent_id>("parent_id"), schema::field<&unanswered::group_id>("group_id"),
        schema::field<&unanswered::ignore_result>("ignore_result"), schema::field<&unanswered::revoked>("revoked"),
        schema::field<&unanswered::error>("error"));
};

struct redis_away : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

void require(const redis::answer<redis::value>& done)
{
    if (!done) throw redis_away("Celery's Redis does not answer");
}

/// PostgreSQL refuses what stands in the message, and would again.
struct cannot_be_kept : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

}  // namespace

struct bridge::running
{
    asio::steady_timer timer;
    bool asked_to_end = false;
};

bridge::bridge(pg::database& db, worker& w, const clock& c, settings how)
    : db_{db},
      worker_{w},
      clock_{c},
      how_{std::move(how)},
      broker_{{.url = how_.url, .budget = budget}},
      results_{{.url = how_.results_url.empty() ? how_.url : how_.results_url, .budget = budget}}
{
    for (const auto& route : how_.publish)
    {
        const auto colon = route.find(':');
        if (colon == 0 || colon == route.npos || colon + 1 == route.size())
            throw std::invalid_argument("celery.publish: '" + route + "' is not kind:queue");
        const auto kind = route.substr(0, colon), queue = route.substr(colon + 1);
        worker_.hand_over(kind, [this, kind, queue](attempt& a, const std::string& payload) {
            return publish(a.id(), kind, payload, queue);
        });
    }
    for (const auto& kind : how_.accept)
        if (!worker_.terms_of(kind)) throw std::invalid_argument("celery.accept: there is no kind '" + kind + "'");
}

bridge::~bridge() = default;

void bridge::attach(asio::io_context& io)
{
    broker_.attach(io);
    results_.attach(io);
    asio::io_context* nobody = nullptr;
    if (how_.accept.empty() || !home_.compare_exchange_strong(nobody, &io)) return;
    auto r = std::make_shared<running>(asio::steady_timer{io});
    running_ = r;
    asio::co_spawn(io, run(std::move(r)), asio::detached);
}

void bridge::detach(asio::io_context& io)
{
    if (home_ == &io)
        if (const auto r = running_.lock()) r->asked_to_end = true, r->timer.cancel();
    results_.detach(io);
    broker_.detach(io);
}

task<result<void>> bridge::publish(job_id id, const std::string& kind, const std::string& payload,
                                   const std::string& queue)
{
    const auto text = write_message({.id = id.value, .task = kind, .kwargs = payload}, queue);
    words push{"LPUSH", queue, text};
    const auto done = co_await broker_.command(std::move(push));
    if (!done) co_return fail(errc::unavailable, "Celery's Redis does not answer");
    co_return result<void>{};
}

task<> bridge::run(std::shared_ptr<running> r)
{
    auto forget_at = std::chrono::steady_clock::now();
    while (!r->asked_to_end)
    {
        std::chrono::milliseconds pause = away_pause;
        try
        {
            const int taken = co_await take();
            pause = taken + co_await answer() > 0 ? 0ms : idle_pause;
            if (std::chrono::steady_clock::now() >= forget_at)
            {
                co_await db_.run(sql::forget_messages, many);
                forget_at = std::chrono::steady_clock::now() + 1min;
            }
        }
        catch (const pg::unavailable& e)  // said aloud where connections are made, as is the next
        {
            log::debug("Celery's messages wait for the database", {{"error", e.what()}});
        }
        catch (const redis_away& e)
        {
            log::debug("Celery's messages wait for its Redis", {{"error", e.what()}});
        }
        catch (const std::exception& e)
        {
            log::warn("Celery's messages wait", {{"error", e.what()}});
        }
        if (r->asked_to_end) break;
        r->timer.expires_after(pause);
        co_await r->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

task<int> bridge::take()
{
    const auto taking = how_.queue + ".taken-by-roost";
    words keys;
    for (const auto* const priority : {"", "3", "6", "9"}) keys.push_back(list_of(how_.queue, priority));
    keys.push_back(taking);
    words arguments{std::to_string(batch)};
    const auto some = co_await broker_.eval(take_some, std::move(keys), std::move(arguments));
    require(some);
    // The oldest stands last.
    for (const auto& m : some->items | std::views::reverse)
    {
        co_await take_one(m.text);
        words remove{"LREM", taking, "-1", m.text};
        require(co_await broker_.command(std::move(remove)));
    }
    co_return static_cast<int>(some->items.size());
}

task<> bridge::take_one(const std::string& text)
{
    auto m = read_message(text);
    if (!m && !m.error().from) co_return co_await set_aside(text, m.error().why);
    std::optional<std::string> refused;
    if (!m) refused = m.error().why;
    const auto& asked = m ? *m : *m.error().from;
    if (!refused && std::ranges::find(how_.accept, asked.task) == how_.accept.end())
        refused = "this task is not one that may be asked for";
    if (!refused)
        if (const auto fits = worker_.check(asked.task, asked.kwargs); !fits)
        {
            refused = fits.error().detail;
            for (const auto& f : fits.error().fields) *refused += std::format("; {}: {}", f.pointer, f.detail);
        }
    if (refused) log::warn("a message from Celery is refused", {{"id", asked.id.text()}, {"why", *refused}});
    std::string unkept;
    try
    {
        co_await remember(asked, refused, asked.expires && *asked.expires <= clock_.now());
    }
    catch (const cannot_be_kept& e)
    {
        unkept = e.what();
    }
    if (unkept.empty()) co_return;
    co_await set_aside(text, unkept);
    const task_message told{.id = asked.id, .task = {}, .ignore_result = asked.ignore_result};
    co_await remember(told, unkept, false);
}

/// Together: that the message was taken, and its job.
task<> bridge::remember(const task_message& m, const std::optional<std::string>& refused, bool expired)
{
    const auto done = co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        const auto fresh = co_await tx.run(sql::remember_message, m.id, m.task, m.ignore_result, m.parent_id,
                                           m.group_id, refused, expired && !refused);
        if (fresh == 0 || refused || expired) co_return result<void>{};
        const auto terms = worker_.terms_of(m.task);
        tx.queue(sql::enqueue_as, m.id, m.task, pg::json{m.kwargs}, terms->priority, m.eta, clock_.now());
        tx.after_commit(ring_here);
        co_return result<void>{};
    });
    if (!done) throw cannot_be_kept(done.error().detail);
}

/// Tells senders how what they asked for has ended.
task<int> bridge::answer()
{
    const auto all = co_await db_.all<unanswered>(sql::unanswered_messages, batch);
    for (const auto& u : all)
    {
        const task_message m{.id = u.id.value, .task = u.kind, .parent_id = u.parent_id, .group_id = u.group_id};
        const auto state = u.revoked ? result_state::revoked : u.error ? result_state::failure : result_state::success;
        const auto why = u.revoked ? "revoked or expired" : u.error.value_or("");
        const auto text = write_result(m, state, why, clock_.now());
        if (!u.ignore_result)
        {
            words keep{"SETEX", result_key(m.id), std::string{result_seconds}, text};
            require(co_await results_.command(std::move(keep)));
            words tell{"PUBLISH", result_key(m.id), text};
            require(co_await results_.command(std::move(tell)));
        }
        co_await db_.run(sql::message_answered, m.id);
    }
    co_return static_cast<int>(all.size());
}

/// It is kept where people can look at it: the last thousand.
task<> bridge::set_aside(const std::string& text, const std::string& why)
{
    log::warn("a message from Celery cannot be read", {{"why", why}});
    const auto aside = how_.queue + ".refused-by-roost";
    words push{"LPUSH", aside, text};
    require(co_await broker_.command(std::move(push)));
    words trim{"LTRIM", aside, "0", std::string{most_set_aside}};
    require(co_await broker_.command(std::move(trim)));
}

}  // namespace roost::jobs::celery
