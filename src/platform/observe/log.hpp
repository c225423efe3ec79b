#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// Structured logs: one JSON object a line on standard error. `log::warn("redis is away", {{"error", text}});`
/// Writing never waits: a full queue drops lines and counts them. Fields whose name speaks of a secret (password,
/// token, authorization, cookie, secret, …) are written as "[hidden]" whatever their value; do not rely on it.
namespace roost::log {

enum class level
{
    debug,
    info,
    warn,
    error,
    off,
};

struct field
{
    using value_type = std::variant<bool, std::int64_t, double, std::string_view>;
    std::string_view name;
    value_type value;

    field(std::string_view n, std::string_view v) : name{n}, value{v} {}
    field(std::string_view n, const char* v) : name{n}, value{std::string_view{v}} {}
    field(std::string_view n, const std::string& v) : name{n}, value{std::string_view{v}} {}
    field(std::string_view n, bool v) : name{n}, value{v} {}
    field(std::string_view n, double v) : name{n}, value{v} {}
    template <std::integral I>
    field(std::string_view n, I v) : name{n}, value{static_cast<std::int64_t>(v)}
    {}
};

struct settings
{
    level least = level::info;
    bool json = true;       // false: "12:00:00.123 warn redis is away error=…" for people
    std::string file = {};  // empty: standard error
    std::size_t queue_lines = 8192;
};

/// Before init() lines are written at once to standard error. Call it once, before threads start.
void init(const settings& s);
/// Waits until what was written is out, for a bounded time. Lines after it are written at once.
void shutdown();

bool enabled(level l) noexcept;
/// Lines thrown away because the queue was full.
std::uint64_t dropped() noexcept;

void write(level l, std::string_view message, std::span<const field> fields);

/// The two halves of write(), for who gathers many lines and hands them over at once: complete lines.
void render(std::string& to, level l, std::string_view message, std::span<const field> fields);
void write_rendered(std::string_view lines);

inline void debug(std::string_view m, std::initializer_list<field> f = {})
{
    write(level::debug, m, {f.begin(), f.size()});
}
inline void info(std::string_view m, std::initializer_list<field> f = {})
{
    write(level::info, m, {f.begin(), f.size()});
}
inline void warn(std::string_view m, std::initializer_list<field> f = {})
{
    write(level::warn, m, {f.begin(), f.size()});
}
inline void error(std::string_view m, std::initializer_list<field> f = {})
{
    write(level::error, m, {f.begin(), f.size()});
}

}  // namespace roost::log
