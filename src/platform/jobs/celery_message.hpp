#pragma once
#include <string>
#include <string_view>

#include "core/dates.hpp"
#include "core/error.hpp"
#include "core/id.hpp"

/// Celery's messages, protocol 2 with JSON, as they lie in a Redis list. Pure text in and out.
namespace roost::jobs::celery {

/// What somebody asks for.
struct task_message
{
    uuid id;
    std::string task;
    std::string kwargs = "{}";  // a JSON object
    std::optional<instant> eta = {}, expires = {};
    bool ignore_result = false;
    std::optional<std::string> parent_id = {}, group_id = {};
};

/// Why a message is refused, with as much as is known of it: whoever sent one with an id can be told.
struct refusal
{
    std::string why;
    std::optional<task_message> from = {};
};

/// Reads a message strictly: the envelope's every part that we rely on must be there and be what it should. Positional
/// arguments, callbacks, chains and chords are refused: a job has none of those.
std::expected<task_message, refusal> read_message(std::string_view text);

/// The text of a message to be pushed to the list `queue`.
std::string write_message(const task_message& m, std::string_view queue);

enum class result_state
{
    success,
    failure,
    revoked,
};

/// What `AsyncResult.get()` reads under `result_key(id)`: nothing, or RuntimeError(why), or TaskRevokedError(why).
std::string write_result(const task_message& m, result_state state, std::string_view why, instant done);
std::string result_key(uuid id);

}  // namespace roost::jobs::celery
