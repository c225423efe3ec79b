#include "platform/jobs/celery_message.hpp"

#include <boost/json.hpp>
#include <format>

#include "platform/auth/crypto.hpp"

namespace roost::jobs::celery {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_message = 256 * 1024;

/// Nothing when it is not JSON, or nested deeper than anybody needs.
std::optional<json::value> parsed(std::string_view text)
{
    boost::system::error_code bad;
    auto v = json::parse(text, bad, {}, {.max_depth = 32});
    return bad ? std::nullopt : std::optional{std::move(v)};
}

const json::value* member(const json::object* o, std::string_view name)
{
    const auto* v = o ? o->if_contains(name) : nullptr;
    return v && !v->is_null() ? v : nullptr;
}

const json::object* object_in(const json::object* o, std::string_view name)
{
    const auto* v = member(o, name);
    return v ? v->if_object() : nullptr;
}

std::optional<std::string> text_in(const json::object* o, std::string_view name)
{
    const auto* v = member(o, name);
    if (!v || !v->is_string()) return std::nullopt;
    return std::string{v->get_string()};
}

/// The first fault of the parts that are read one by one.
struct reader
{
    const json::object* headers;
    const json::object* properties;
    task_message m;
    std::string fault;

    void refuse(std::string why)
    {
        if (fault.empty()) fault = std::move(why);
    }

    void read_time(std::string_view name, std::optional<instant>& into)
    {
        const auto* v = member(headers, name);
        if (!v) return;
        const auto text = text_in(headers, name);
        into = text ? parse_instant(*text) : std::nullopt;
        if (!into) refuse(std::format("{} is not a time with its offset from UTC", name));
    }

    void read_headers()
    {
        m.task = text_in(headers, "task").value_or("");
        if (m.task.empty()) refuse("headers.task is missing");
        m.parent_id = text_in(headers, "parent_id");
        m.group_id = text_in(headers, "group");
        const auto* ignore = member(headers, "ignore_result");
        m.ignore_result = ignore && ignore->is_bool() && ignore->get_bool();
        read_time("eta", m.eta);
        read_time("expires", m.expires);
    }

    void read_body(const json::object& whole)
    {
        auto body = text_in(&whole, "body");
        if (body && text_in(properties, "body_encoding") == "base64") body = auth::from_padded_base64(*body);
        const auto content = body ? parsed(*body) : std::nullopt;
        const auto* parts = content ? content->if_array() : nullptr;
        if (!parts || parts->size() != 3 || !(*parts)[0].is_array() || !(*parts)[1].is_object())
            return refuse("the body is not [args, kwargs, embed]");
        if (!(*parts)[0].get_array().empty()) refuse("positional arguments are not taken, give them by name");
        for (const auto* const name : {"callbacks", "errbacks", "chain", "chord"})
            if (const auto* e = member((*parts)[2].if_object(), name))
                if (!e->is_array() || !e->get_array().empty()) refuse(std::format("{} is not taken", name));
        m.kwargs = json::serialize((*parts)[1]);
    }
};

json::value or_null(const std::optional<std::string>& text) { return text ? json::value(*text) : json::value(nullptr); }

}  // namespace

std::expected<task_message, refusal> read_message(std::string_view text)
{
    const auto refused = [](std::string why) { return std::unexpected{refusal{std::move(why)}}; };
    if (text.size() > longest_message) return refused("it is longer than 256 KiB");
    const auto all = parsed(text);
    const auto* whole = all ? all->if_object() : nullptr;
    if (!whole) return refused("it is not a JSON object");
    reader r{object_in(whole, "headers"), object_in(whole, "properties"), {}, {}};
    const auto id = uuid::parse(text_in(r.headers, "id").value_or(""));
    if (!id) return refused("headers.id is not a UUID");
    r.m.id = *id;
    if (text_in(whole, "content-type") != "application/json") r.refuse("content-type is not application/json");
    if (const auto e = text_in(whole, "content-encoding"); e && *e != "utf-8")
        r.refuse("content-encoding is not utf-8");
    r.read_headers();
    r.read_body(*whole);
    if (!r.fault.empty()) return std::unexpected{refusal{r.fault, r.m}};
    return r.m;
}

std::string write_message(const task_message& m, std::string_view queue)
{
    const auto id = m.id.text();
    const auto body =
        std::format(R"([[],{},{{"callbacks":null,"errbacks":null,"chain":null,"chord":null}}])", m.kwargs);
    const json::object headers{{"lang", "c++"},
                               {"task", m.task},
                               {"id", id},
                               {"root_id", id},
                               {"parent_id", nullptr},
                               {"group", nullptr},
                               {"retries", 0},
                               {"eta", nullptr},
                               {"expires", nullptr},
                               {"timelimit", json::array{nullptr, nullptr}},
                               {"argsrepr", "()"},
                               {"kwargsrepr", m.kwargs},
                               {"origin", "roost"},
                               {"ignore_result", m.ignore_result}};
    // A worker dies of a message without delivery_info or delivery_tag.
    const json::object properties{{"correlation_id", id}, {"reply_to", ""},
                                  {"delivery_mode", 2},   {"delivery_info", {{"exchange", ""}, {"routing_key", queue}}},
                                  {"priority", 0},        {"body_encoding", "base64"},
                                  {"delivery_tag", id}};
    return json::serialize(json::object{{"body", auth::padded_base64(body)},
                                        {"content-encoding", "utf-8"},
                                        {"content-type", "application/json"},
                                        {"headers", headers},
                                        {"properties", properties}});
}

std::string write_result(const task_message& m, result_state state, std::string_view why, instant done)
{
    constexpr std::string_view words[] = {"SUCCESS", "FAILURE", "REVOKED"};
    json::value result = nullptr;
    if (state != result_state::success)
    {
        const bool failed = state == result_state::failure;
        result = json::object{{"exc_type", failed ? "RuntimeError" : "TaskRevokedError"},
                              {"exc_message", json::array{why}},
                              {"exc_module", failed ? "builtins" : "celery.exceptions"}};
    }
    auto date = format(done);  // the one reader of it does without the zone
    if (date.ends_with('Z')) date.pop_back();
    return json::serialize(json::object{{"status", words[static_cast<int>(state)]},
                                        {"result", std::move(result)},
                                        {"traceback", nullptr},
                                        {"children", json::array{}},
                                        {"date_done", date},
                                        {"task_id", m.id.text()},
                                        {"parent_id", or_null(m.parent_id)},
                                        {"group_id", or_null(m.group_id)}});
}

std::string result_key(uuid id) { return "celery-task-meta-" + id.text(); }

}  // namespace roost::jobs::celery
