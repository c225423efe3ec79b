#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <map>
#include <set>

#include "platform/http/api.hpp"
#include "platform/http/openapi_schemas.hpp"
#include "platform/http/problem.hpp"
#include "platform/schema/text.hpp"

namespace roost::http {
namespace {

namespace json = boost::json;
using schema::kind;

/// "get" + "/bookings/{booking_id}/history/" → "get_bookings_booking_id_history"
std::string operation_id(const operation& op)
{
    std::string id;
    for (const char c : name_of(op.method)) id.push_back(static_cast<char>(std::tolower(c)));
    for (const char c : op.path)
    {
        if (c == '/' && !id.ends_with('_'))
            id.push_back('_');
        else if (c != '/' && c != '{' && c != '}')
            id.push_back(c == '-' ? '_' : c);
    }
    if (id.ends_with('_')) id.pop_back();
    return id;
}

json::object header_parameter(std::string_view name, bool required, std::string_view doc)
{
    return {{"name", name},
            {"in", "header"},
            {"required", required},
            {"description", doc},
            {"schema", {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}}};
}

/// Whether replies have an ETag: what is one thing and has a version does, as long as it is whole.
bool has_etag(const operation& op)
{
    return op.answer && op.shape != reply_shape::page
           && std::ranges::contains(op.answer->fields, "version", &schema::field_info::name);
}

bool is_read(const operation& op) { return op.method == method::get; }
bool honours_key(const operation& op) { return op.method == method::post && op.in_transaction; }

void add_path_parameters(json::array& out, const operation& op)
{
    for (auto rest = std::string_view{op.path}; rest.contains('{');)
    {
        rest.remove_prefix(rest.find('{') + 1);
        const auto name = rest.substr(0, rest.find('}'));
        json::object s{{"type", "string"}};
        if (name.ends_with("_id")) s["format"] = "uuid";
        out.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", std::move(s)}});
    }
}

json::array parameters(const operation& op, components& c)
{
    json::array out;
    add_path_parameters(out, op);
    if (op.query)
    {
        for (const auto& f : op.query->fields)
        {
            auto s = c.field_schema(f);
            s.erase("description");
            json::object p{{"name", f.name},
                           {"in", "query"},
                           {"required", f.required},
                           {"description", f.doc},
                           {"schema", std::move(s)}};
            const auto& of = f.of->k == kind::optional ? *f.of->element : *f.of;
            if (of.k == kind::list) p["style"] = "form", p["explode"] = false;
            out.push_back(std::move(p));
        }
    }
    if (is_read(op) && op.answer)
        out.push_back({{"name", "fields"},
                       {"in", "query"},
                       {"required", false},
                       {"description", "Only these fields of each object, separated by commas."},
                       {"schema", {{"type", "string"}}}});
    if (honours_key(op))
        out.push_back(header_parameter("Idempotency-Key", op.key_required,
                                       "Repeating a request with the same key repeats its reply, not its effect."));
    if (op.takes_if_match)
        out.push_back(header_parameter("If-Match", false, "Write only if the ETag is still this one."));
    if (is_read(op) && has_etag(op))
        out.push_back(header_parameter("If-None-Match", false, "Answer only if the ETag is no longer this one."));
    return out;
}

/// Fields of the heads of replies, for components.headers.
json::object headers()
{
    const auto text = [](std::string_view doc, bool always) {
        return json::object{{"description", doc}, {"required", always}, {"schema", {{"type", "string"}}}};
    };
    return {{"ETag", text("The version, for If-Match and If-None-Match; not with ?fields=.", false)},
            {"Location", text("Where it is from now on.", true)},
            {"Idempotent-Replayed", text("`true`: the reply of an earlier request with this key.", false)},
            {"Retry-After", text("In how many seconds to try again.", false)},
            {"RateLimit", text("The limit that was reached: what is left (`r`), for how many seconds (`t`).", false)},
            {"RateLimit-Policy", text("That limit: how many (`q`) in how many seconds (`w`).", false)}};
}

void add_header(json::object& out, std::string_view name)
{
    out[name] = {{"$ref", "#/components/headers/" + std::string{name}}};
}

json::object headers_of(const operation& op)
{
    json::object out;
    if (has_etag(op)) add_header(out, "ETag");
    if (op.shape == reply_shape::created) add_header(out, "Location");
    if (honours_key(op)) add_header(out, "Idempotent-Replayed");
    return out;
}

/// Of a failure that passes by waiting; `codes` are those of its status.
json::object headers_of(int status, const std::vector<std::string_view>& codes)
{
    json::object out;
    const bool limited = status == status_of(errc::too_many_requests);
    if (limited || status == status_of(errc::unavailable)
        || std::ranges::contains(codes, name_of(errc::request_in_progress)))
        add_header(out, "Retry-After");
    if (limited) add_header(out, "RateLimit"), add_header(out, "RateLimit-Policy");
    return out;
}

json::object responses(const operation& op, components& c)
{
    json::object out;
    json::object good{{"description", "Done."}};
    if (auto h = headers_of(op); !h.empty()) good["headers"] = std::move(h);
    if (op.answer)
    {
        const auto s = op.shape == reply_shape::page ? reference(c.page_of(*op.answer)) : c.schema_of(*op.answer);
        json::object content;
        for (const auto type : op.media_types)
            content[type] = {{"schema", type == "application/json" ? s : json::object{{"type", "string"}}}};
        good["content"] = std::move(content);
    }
    out[op.shape == reply_shape::created ? "201" : op.shape == reply_shape::nothing ? "204" : "200"] = std::move(good);
    if (is_read(op) && has_etag(op))
        out["304"] = {{"description", "Still what If-None-Match names."}, {"headers", headers_of(op)}};

    std::map<int, std::vector<std::string_view>> failures;
    const auto fails = [&](errc code) { failures[status_of(code)].push_back(name_of(code)); };
    for (const auto code : {errc::malformed, errc::not_acceptable, errc::invalid_input, errc::unavailable}) fails(code);
    if (op.signed_in || op.needs) fails(errc::not_signed_in);
    if (op.needs && *op.needs != role::guest) fails(errc::not_allowed);
    if (op.path.contains('{')) fails(errc::not_found);
    if (op.body) fails(errc::unsupported_media_type);
    if (op.takes_if_match) fails(errc::version_mismatch);
    if (honours_key(op)) fails(errc::request_in_progress), fails(errc::idempotency_key_reused);
    if (op.key_required) fails(errc::idempotency_key_required);
    for (const auto code : op.failures) fails(code);
    for (auto& [status, codes] : failures)
    {
        std::ranges::sort(codes);
        codes.erase(std::ranges::unique(codes).begin(), codes.end());
        std::string list;
        for (const auto code : codes) list.append(list.empty() ? "" : ", ").append(std::format("`{}`", code));
        json::object bad{{"description", list}};
        if (auto h = headers_of(status, codes); !h.empty()) bad["headers"] = std::move(h);
        bad["content"] = {{problem_type, {{"schema", reference("Problem")}}}};
        out[std::to_string(status)] = std::move(bad);
    }
    return out;
}

json::object request_body(const operation& op, components& c)
{
    const json::object read{{"schema", c.schema_of(*op.body)}};
    json::object content{{"application/json", read}};
    if (op.method == method::patch) content["application/merge-patch+json"] = read;
    return {{"required", true}, {"content", std::move(content)}};
}

json::object describe(const operation& op, components& c)
{
    json::object out{{"operationId", operation_id(op)}, {"summary", op.summary}, {"tags", {op.tag}}};
    if (!op.details.empty()) out["description"] = op.details;
    if (auto p = parameters(op, c); !p.empty()) out["parameters"] = std::move(p);
    if (op.body) out["requestBody"] = request_body(op, c);
    out["responses"] = responses(op, c);
    if (op.signed_in || op.needs)
        out["security"] = {{{"bearer", json::array{}}}, {{"cookie", json::array{}}}};
    else if (op.may_sign_in)
        out["security"] = {json::object{}, {{"bearer", json::array{}}}, {{"cookie", json::array{}}}};
    else
        out["security"] = json::array{};
    return out;
}

}  // namespace

std::string openapi(const api& a, std::string_view version)
{
    const auto answers = only_sent(a);
    components c{answers};
    c.add("Problem", problem_schema());

    json::object paths;
    json::array tags;
    std::set<std::string> known_tags;
    for (const auto& op : a.operations())
    {
        if (known_tags.insert(op->tag).second) tags.emplace_back(json::object{{"name", op->tag}});
        auto& path = paths[a.prefix() + op->path];
        if (!path.is_object()) path = json::object{};
        std::string verb;
        for (const char ch : name_of(op->method)) verb.push_back(static_cast<char>(std::tolower(ch)));
        path.as_object()[verb] = describe(*op, c);
    }
    const json::object contract{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Roost"},
          {"version", version},
          {"description",
           "Backend of a short-term-rental marketplace. Money is in minor units, dates are the "
           "property's own days, instants are UTC, errors are RFC 9457 problems with a stable `code`."},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
        {"servers", {{{"url", "/"}}}},
        {"tags", std::move(tags)},
        {"paths", std::move(paths)},
        {"components",
         {{"schemas", c.take()},
          {"headers", headers()},
          {"securitySchemes",
           {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
            {"cookie", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-roost_access"}}}}}}}};
    return json::serialize(contract);
}

}  // namespace roost::http
