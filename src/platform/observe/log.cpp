#include "platform/observe/log.hpp"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>

#include "platform/schema/json.hpp"

namespace roost::log {
namespace {

using namespace std::literals;

struct outlet
{
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> logger;
};

std::atomic<level> least{level::info};
std::atomic<bool> as_json{true};
// Set by init() before threads start and by shutdown(); a raw pointer, so that writing costs one load.
std::atomic<spdlog::async_logger*> current{nullptr};
std::atomic<std::size_t> dropped_before{0};

outlet& out()
{
    static auto* const o = new outlet;  // threads may log while statics are destroyed
    return *o;
}

std::string_view name_of(level l)
{
    static constexpr std::array names{"debug"sv, "info"sv, "warn"sv, "error"sv, "off"sv};
    return names[static_cast<std::size_t>(l)];
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool begins_with_secret(std::string_view rest)
{
    static constexpr std::array words{"password"sv, "token"sv, "secret"sv,     "authorization"sv, "cookie"sv,   "dsn"sv,
                                      "api_key"sv,  "jwt"sv,   "credential"sv, "database_url"sv,  "redis_url"sv};
    return std::ranges::any_of(words, [&](std::string_view w) {
        return rest.size() >= w.size() && std::ranges::equal(rest.substr(0, w.size()), w, {}, lower);
    });
}

// Looks at the first letter before the words, for this runs for every field of every line.
bool speaks_of_secret(std::string_view name)
{
    for (std::size_t i = 0; i < name.size(); ++i)
        if ("ptsacdjr"sv.contains(lower(name[i])) && begins_with_secret(name.substr(i))) return true;
    return false;
}

// "2026-11-21T06:20:35.123Z"; the part up to the second is kept, for most lines share it.
void append_time(std::string& to)
{
    thread_local std::time_t kept = -1;
    thread_local std::array<char, 24> text;
    const auto now = std::chrono::system_clock::now();
    const auto second = std::chrono::system_clock::to_time_t(now);
    if (second != kept)
    {
        std::tm parts{};
        gmtime_r(&second, &parts);
        std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
        kept = second;
    }
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    to.append(text.data(), 19);
    to += '.';
    to += static_cast<char>('0' + ms / 100);
    to += static_cast<char>('0' + ms / 10 % 10);
    to += static_cast<char>('0' + ms % 10);
    to += 'Z';
}

template <class Number>
void append_number(std::string& to, Number value)
{
    std::array<char, 32> text;
    to.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

void append_value(std::string& to, const field& f)
{
    if (speaks_of_secret(f.name))
        to += "\"[hidden]\"";
    else if (const auto* text = std::get_if<std::string_view>(&f.value))
        schema::write_string(to, *text);
    else if (const auto* b = std::get_if<bool>(&f.value))
        to += *b ? "true" : "false";
    else if (const auto* i = std::get_if<std::int64_t>(&f.value))
        append_number(to, *i);
    else if (const double d = std::get<double>(f.value); std::isfinite(d))
        append_number(to, d);
    else
        to += "null";
}

void write_now(std::string_view line)
{
    while (!line.empty())
    {
        const auto n = ::write(STDERR_FILENO, line.data(), line.size());
        if (n <= 0) return;
        line.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

void init(const settings& s)
{
    shutdown();
    auto& o = out();
    spdlog::sink_ptr sink;
    if (s.file.empty())
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
        sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(s.file);
    o.pool = std::make_shared<spdlog::details::thread_pool>(s.queue_lines, 1);
    o.logger = std::make_shared<spdlog::async_logger>("roost", std::move(sink), o.pool,
                                                      spdlog::async_overflow_policy::discard_new);
    o.logger->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, ""));
    o.logger->set_level(spdlog::level::trace);
    o.logger->flush_on(spdlog::level::trace);                // every line is out when the writer thread has taken it
    o.logger->set_error_handler([](const std::string&) {});  // a full disk: requests go on, lines are lost
    as_json = s.json;
    least = s.least;
    current.store(o.logger.get(), std::memory_order_release);
}

void shutdown()
{
    auto& o = out();
    if (!current.exchange(nullptr, std::memory_order_acq_rel)) return;
    dropped_before += o.pool->discard_counter();
    o.pool.reset();  // its destructor writes what is queued
    o.logger.reset();
}

bool enabled(level l) noexcept { return l >= least.load(std::memory_order_relaxed); }

std::uint64_t dropped() noexcept
{
    const auto* logger = current.load(std::memory_order_acquire);
    return dropped_before + (logger ? out().pool->discard_counter() : 0);
}

void render(std::string& to, level l, std::string_view message, std::span<const field> fields)
{
    if (as_json.load(std::memory_order_relaxed))
    {
        to += "{\"time\":\"";
        append_time(to);
        to += "\",\"level\":\"";
        to += name_of(l);
        to += "\",\"message\":";
        schema::write_string(to, message);
        for (const auto& f : fields)
        {
            to += ",\"";
            to += f.name;
            to += "\":";
            append_value(to, f);
        }
        to += "}\n";
        return;
    }
    const auto start = to.size();
    append_time(to);
    to.erase(start, 11);  // people know the date
    to += ' ';
    to += name_of(l);
    to += ' ';
    to += message;
    for (const auto& f : fields)
    {
        to += ' ';
        to += f.name;
        to += '=';
        append_value(to, f);
    }
    to += '\n';
}

void write_rendered(std::string_view lines)
{
    if (auto* logger = current.load(std::memory_order_acquire))
        logger->log(spdlog::level::info, spdlog::string_view_t{lines.data(), lines.size()});
    else
        write_now(lines);
}

void write(level l, std::string_view message, std::span<const field> fields)
{
    if (!enabled(l)) return;
    thread_local std::string line;
    line.clear();
    render(line, l, message, fields);
    write_rendered(line);
}

}  // namespace roost::log
