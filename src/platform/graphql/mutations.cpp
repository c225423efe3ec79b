#include <algorithm>
#include <format>
#include <stdexcept>

#include "platform/graphql/global_id.hpp"
#include "platform/graphql/graph.hpp"
#include "platform/graphql/names.hpp"
#include "platform/http/api.hpp"
#include "platform/schema/json.hpp"

namespace roost::graphql {
namespace {

/// What a caller can mend is part of the answer; everything else is an error of the field.
bool is_users(errc code)
{
    switch (code)
    {
        case errc::malformed:
        case errc::not_signed_in:
        case errc::method_not_allowed:
        case errc::not_acceptable:
        case errc::request_in_progress:
        case errc::payload_too_large:
        case errc::unsupported_media_type:
        case errc::too_many_requests:
        case errc::overloaded:
        case errc::unavailable: return false;
        case errc::invalid_credentials:
        case errc::not_allowed:
        case errc::not_found:
        case errc::dates_taken:
        case errc::wrong_state:
        case errc::has_live_bookings:
        case errc::email_taken:
        case errc::username_taken:
        case errc::quote_expired:
        case errc::version_mismatch:
        case errc::invalid_input:
        case errc::idempotency_key_reused:
        case errc::idempotency_key_required: return true;
    }
    std::unreachable();
}

struct user_error
{
    errc code;
    std::string message;
    std::vector<std::string> path;
    std::string rule;
};

struct payload
{
    std::shared_ptr<void> answer;
    std::vector<user_error> errors;
    std::optional<std::string> key;
};

std::vector<std::string> path_of(std::string_view pointer)
{
    std::vector<std::string> path{"input"};
    while (!pointer.empty())
    {
        pointer.remove_prefix(pointer.front() == '/');
        const auto end = std::min(pointer.find('/'), pointer.size());
        if (end) path.emplace_back(pointer.substr(0, end));
        pointer.remove_prefix(end);
    }
    return path;
}

std::vector<user_error> errors_of(roost::error e)
{
    e = in_graph_names(std::move(e));
    std::vector<user_error> all;
    all.reserve(e.fields.size());
    for (auto& f : e.fields) all.push_back({e.code, std::move(f.detail), path_of(f.pointer), std::string{f.code}});
    if (all.empty()) all.push_back({e.code, e.detail.empty() ? std::string{name_of(e.code)} : e.detail, {"input"}, {}});
    return all;
}

/// One operation behind a mutation.
class bridge
{
    http::api& api_;
    const http::operation& op_;
    std::shared_ptr<const input_names> names_;

    std::string path(const input& given) const
    {
        std::string out = api_.prefix();
        for (std::string_view rest = op_.path; !rest.empty();)
        {
            const auto open = std::min(rest.find('{'), rest.size());
            out += rest.substr(0, open);
            rest.remove_prefix(open);
            if (rest.empty()) break;
            const auto close = rest.find('}');
            out += parameter(given, rest.substr(1, close - 1));
            rest.remove_prefix(close + 1);
        }
        return out;
    }

    static std::string parameter(const input& given, std::string_view name)
    {
        const auto* v = given.find(camel(name));
        const auto text = v ? v->text : std::string_view{};
        const auto id = parse_id(text);
        return id ? id->id.text() : std::string{text};
    }

    /// What the operation takes behind the question mark, which are words: ids, names, codes.
    void add_query(http::call& call, const input& given) const
    {
        for (const auto& f : op_.query->fields)
            if (const auto* v = given.find(camel(f.name)); v && !v->is_null())
                call.query.emplace_back(f.name, std::string{v->text});
    }

    std::vector<std::string> parameters(const input& given) const
    {
        std::vector<std::string> all;
        for (const auto& name : parameters_of(op_.path)) all.push_back(parameter(given, name));
        return all;
    }

public:
    bridge(http::api& a, const http::operation& op, std::shared_ptr<const input_names> names)
        : api_{a}, op_{op}, names_{std::move(names)}
    {}

    static std::vector<std::string> parameters_of(std::string_view path)
    {
        std::vector<std::string> all;
        for (auto open = path.find('{'); open != path.npos; open = path.find('{', open + 1))
            all.emplace_back(path.substr(open + 1, path.find('}', open) - open - 1));
        return all;
    }

    task<value> run(context& c, const input& given) const
    {
        const auto place = path(given);
        const auto path_values = parameters(given);
        const auto* key = given.find("clientMutationId");
        const auto* version = given.find("ifVersion");
        const auto if_match = version && !version->is_null() ? std::format("\"{}\"", version->integer) : std::string{};

        http::request r;
        r.method = op_.method;
        r.method_name = roost::name_of(op_.method);
        r.target = r.path = place;
        for (const auto& h : c.from->headers)
            if (!http::same_name(h.name, "content-type") && !http::same_name(h.name, "idempotency-key")
                && !http::same_name(h.name, "if-match"))
                r.headers.push_back(h);
        if (op_.body)
        {
            r.headers.push_back({"content-type", "application/json"});
            names_->write(r.body, *op_.body, given.members);
        }
        if (key && !key->is_null()) r.headers.push_back({"idempotency-key", key->text});
        if (!if_match.empty()) r.headers.push_back({"if-match", if_match});
        r.peer = c.from->peer, r.secure = c.from->secure, r.id = c.from->id, r.traceparent = c.from->traceparent;
        r.started = c.from->started, r.deadline = c.from->deadline;

        http::call call{r};
        call.who = c.who;
        if (op_.query) add_query(call, given);
        for (const auto& v : path_values) call.path_parameters.emplace_back(v);
        auto done = co_await api_.perform(op_, call);
        if (!done && !is_users(done.error().code)) co_return failure::of(in_graph_names(std::move(done.error())));
        auto& out = c.keep(payload{});
        if (key && !key->is_null()) out.key = std::string{key->text};
        if (!done)
            out.errors = errors_of(std::move(done.error()));
        else
            take(c, *std::move(done), out);
        co_return object{&out};
    }

private:
    /// Makes of the reply, which may be one that was kept, what the fields of the payload read.
    void take(context& c, http::reply done, payload& out) const
    {
        for (auto& h : done.headers)
            if (h.name == "Set-Cookie") c.headers.push_back(std::move(h));
        if (!op_.answer) return;
        const auto* own = std::get_if<std::string>(&done.body);
        const auto& text = own ? *own : *std::get<http::shared_bytes>(done.body);
        out.answer = op_.make_answer();
        if (!roost::schema::read_json(text, *op_.answer, out.answer.get(), roost::schema::others::ignored))
            throw std::logic_error("the answer of " + op_.path + " is not what it says");
    }
};

const payload& as_payload(const void* p) { return *static_cast<const payload*>(p); }

void add_user_error(graph& g)
{
    const auto add = [&](std::string name, std::string of, std::string doc, value (*f)(const user_error&)) {
        g.add_field(
            "UserError", std::move(name), std::move(of), std::move(doc),
            getter{[f](context&, const void* p, const input_map&) { return f(*static_cast<const user_error*>(p)); }});
    };
    add("code", "ErrorCode!", "As REST has it, in capitals.",
        [](const user_error& e) -> value { return upper(name_of(e.code)); });
    add("message", "String!", "For people.", [](const user_error& e) -> value { return e.message; });
    add("path", "[String!]!", "To the part of the input that it is about.", [](const user_error& e) -> value {
        value::list all;
        for (const auto& step : e.path) all.emplace_back(step);
        return all;
    });
    add("rule", "String", "What that part breaks: required, type, bounds, format and the like.",
        [](const user_error& e) { return e.rule.empty() ? value{} : value{e.rule}; });
}

}  // namespace

void graph::add_mutation_types()
{
    schema_.mutation = "Mutation";
    add_type({.kind = type_kind::object, .name = "Mutation", .description = "What can be done, in this order."});
    auto& codes = add_type({.kind = type_kind::enumeration, .name = "ErrorCode", .description = "Why not."});
    for (auto c = errc::malformed; c <= errc::unavailable; c = static_cast<errc>(static_cast<int>(c) + 1))
        if (is_users(c)) codes.values.push_back({.name = upper(name_of(c))});
    add_type({.kind = type_kind::object, .name = "UserError", .description = "What the caller can mend."});
    add_user_error(*this);
}

void graph::add_payload(const std::string& name, const mutation_shape& shape, const roost::schema::type* answer)
{
    add_type({.kind = type_kind::object, .name = name});
    if (answer && !shape.gives.empty())
        add_field(name, shape.gives, output_name(*answer), "Null when there are errors.",
                  getter{[](context&, const void* p, const input_map&) {
                      const auto& a = as_payload(p).answer;
                      return a ? value{graphql::object{a.get()}} : value{};
                  }});
    else if (answer)
        for (const auto& f : answer->fields)
            add_field(name, camel(f.name), output_name(*f.of), std::string{f.doc},
                      getter{[&f](context&, const void* p, const input_map&) {
                          const auto& a = as_payload(p).answer;
                          return a ? value_of(*f.of, f.at(a.get())) : value{};
                      }});
    add_field(name, "userErrors", "[UserError!]!", "Nothing was done when there are any.",
              getter{[](context&, const void* p, const input_map&) -> value {
                  value::list all;
                  for (const auto& e : as_payload(p).errors) all.emplace_back(graphql::object{&e});
                  return all;
              }});
    add_field(name, "clientMutationId", "String", "As it came.", getter{[](context&, const void* p, const input_map&) {
                  const auto& key = as_payload(p).key;
                  return key ? value{*key} : value{};
              }});
}

std::string graph::mutation_input(const std::string& name, const http::operation& op)
{
    std::vector<definition::input_value> inputs;
    for (const auto& p : bridge::parameters_of(op.path))
        inputs.push_back({.name = camel(p), .type = p.ends_with("_id") ? "ID!" : "String!"});
    if (op.body)
        for (auto& one : arguments_of(*op.body)) inputs.push_back(std::move(one));
    if (op.query)
        for (auto& one : arguments_of(*op.query)) inputs.push_back(std::move(one));
    if (op.takes_if_match)
        inputs.push_back({.name = "ifVersion",
                          .type = "Int",
                          .description = "Only if it still has this version; else VERSION_MISMATCH."});
    const bool takes_key = op.method == http::method::post && op.in_transaction;
    inputs.push_back({.name = "clientMutationId",
                      .type = op.key_required ? "String!" : "String",
                      .description = takes_key ? "Unlike any other, like a random UUID: a repetition with the same one "
                                                 "is answered as the first was and does nothing more."
                                               : "Comes back in the payload."});
    add_type({.kind = type_kind::input_object, .name = name, .inputs = std::move(inputs)});
    return name;
}

std::function<result<void>(const context&)> graph::rule_of(http::method m, std::string_view path) const
{
    const auto* op = operations_.find(m, path);
    if (!op) throw std::logic_error(std::format("{} is no operation", path));
    return [op](const context& c) { return http::allowed(*op, c.who); };
}

void graph::mutation(std::string name, http::method m, std::string_view path, mutation_shape shape)
{
    if (!places_.contains("Mutation")) add_mutation_types();
    const auto* op = operations_.find(m, path);
    if (!op) throw std::logic_error(std::format("{} is no operation", path));
    const auto stem = pascal(name);
    const auto input_type_name = mutation_input(stem + "Input", *op);
    add_payload(stem + "Payload", shape, op->answer);
    auto doc = shape.doc.empty() ? op->summary + (op->details.empty() ? "" : " " + op->details) : std::move(shape.doc);
    auto& f = add_field("Mutation", std::move(name), stem + "Payload", std::move(doc),
                        resolver{[b = bridge{operations_, *op, inputs_}](batch& all) -> task<> {
                            for (auto& out : all.out) out = co_await b.run(all.context, *all.arguments.find("input"));
                        }});
    f.arguments = {{.name = "input", .type = input_type_name + "!"}};
    f.cost = 10;
}

}  // namespace roost::graphql
