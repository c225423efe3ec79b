#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <map>
#include <set>

#include "platform/http/api.hpp"
#include "platform/http/problem.hpp"
#include "platform/schema/text.hpp"

namespace roost::http {
namespace {

namespace json = boost::json;
using schema::kind;

/// "booking_view" → "BookingView"
std::string component_name(std::string_view cpp_name)
{
    std::string out;
    bool up = true;
    for (const char c : cpp_name)
    {
        if (c == '_')
            up = true;
        else
            out.push_back(std::exchange(up, false) ? static_cast<char>(std::toupper(c)) : c);
    }
    return out;
}

json::object reference(std::string_view component)
{
    return {{"$ref", "#/components/schemas/" + std::string{component}}};
}

/// Collects the components that operations refer to and turns descriptors into JSON Schema 2020-12.
class components
{
    std::map<std::string, json::object> done_;
    std::map<std::string, const schema::type*> owners_;
    const std::set<const schema::type*>& answers_;  // what servers send: every member is there

    /// Two structs of one name would silently describe each other's data.
    std::string claim(const schema::type& t)
    {
        auto name = component_name(t.name);
        const auto [it, fresh] = owners_.emplace(name, &t);
        if (!fresh && it->second != &t) throw std::logic_error("two types are called " + name + " in the contract");
        return name;
    }

    json::object object_schema(const schema::type& t)
    {
        json::object properties;
        json::array required;
        for (const auto& f : t.fields)
        {
            properties[f.name] = field_schema(f);
            if (f.required || (answers_.contains(&t) && f.of->k != kind::patch)) required.emplace_back(f.name);
        }
        json::object out{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
        if (!required.empty()) out["required"] = std::move(required);
        return out;
    }

    void add_bounds(json::object& s, const schema::type& t, const schema::limits& b)
    {
        const bool number = t.k == kind::int32 || t.k == kind::int64 || t.k == kind::number;
        if (number && b.min) s["minimum"] = *b.min;
        if (number && b.max) s["maximum"] = *b.max;
        const bool list = t.k == kind::list;
        if (b.min_length && *b.min_length > 0) s[list ? "minItems" : "minLength"] = *b.min_length;
        if (b.max_length) s[list ? "maxItems" : "maxLength"] = *b.max_length;
        if (!b.format) return;
        auto& target = list ? s["items"].as_object() : s;
        if (!b.format->name.empty()) target["format"] = b.format->name;
        if (!b.format->pattern.empty()) target["pattern"] = b.format->pattern;
    }

    json::object money_schema(const schema::limits& b)
    {
        add("Money", {{"type", "object"},
                      {"description", "An amount in minor units (cents) of one ISO 4217 currency."},
                      {"properties",
                       {{"amount", {{"type", "integer"}, {"format", "int64"}, {"examples", {12050}}}},
                        {"currency", {{"type", "string"}, {"pattern", "^[A-Z]{3}$"}, {"examples", {"EUR"}}}}}},
                      {"required", {"amount", "currency"}},
                      {"additionalProperties", false}});
        auto s = reference("Money");
        if (b.min || b.max)
        {
            json::object amount;
            if (b.min) amount["minimum"] = *b.min;
            if (b.max) amount["maximum"] = *b.max;
            s["properties"] = {{"amount", std::move(amount)}};
        }
        return s;
    }

    static json::object text_of(std::string_view format)
    {
        json::object s{{"type", "string"}};
        if (!format.empty()) s["format"] = format;
        return s;
    }

public:
    explicit components(const std::set<const schema::type*>& answers) : answers_{answers} {}

    void add(std::string name, json::object s) { done_.emplace(std::move(name), std::move(s)); }

    json::object schema_of(const schema::type& t, const schema::limits& b = {})
    {
        json::object s;
        switch (t.k)
        {
            case kind::boolean: s = {{"type", "boolean"}}; break;
            case kind::int32: s = {{"type", "integer"}, {"format", "int32"}}; break;
            case kind::int64: s = {{"type", "integer"}, {"format", "int64"}}; break;
            case kind::number: s = {{"type", "number"}, {"format", "double"}}; break;
            case kind::text: s = text_of(""); break;
            case kind::id: s = text_of("uuid"); break;
            case kind::date: s = text_of("date"); break;
            case kind::instant: s = text_of("date-time"); break;
            case kind::time_zone: s = {{"type", "string"}, {"examples", {"Europe/Paris"}}}; break;
            case kind::currency: s = {{"type", "string"}, {"pattern", "^[A-Z]{3}$"}, {"examples", {"EUR"}}}; break;
            case kind::money: return money_schema(b);
            case kind::list: s = {{"type", "array"}, {"items", schema_of(*t.element)}}; break;
            case kind::patch: return schema_of(*t.element, b);
            case kind::optional: {
                s = schema_of(*t.element, b);
                if (s.contains("$ref")) return {{"anyOf", {std::move(s), {{"type", "null"}}}}};
                s["type"] = json::array{s["type"], "null"};
                return s;
            }
            case kind::enumeration: {
                json::array names;
                for (const auto n : t.names) names.emplace_back(n);
                const auto name = claim(t);
                add(name, {{"type", "string"}, {"enum", std::move(names)}});
                return reference(name);
            }
            case kind::object: {
                const auto name = claim(t);
                if (!done_.contains(name)) add(name, object_schema(t));
                return reference(name);
            }
        }
        add_bounds(s, t, b);
        return s;
    }

    json::object field_schema(const schema::field_info& f)
    {
        auto s = schema_of(*f.of, f.bounds);
        if (!f.doc.empty()) s["description"] = f.doc;
        if (!f.example.empty()) s["examples"] = json::array{json::parse(f.example)};
        return s;
    }

    std::string page_of(const schema::type& t)
    {
        auto name = component_name(t.name) + "Page";
        add(name, {{"type", "object"},
                   {"properties",
                    {{"results", {{"type", "array"}, {"items", schema_of(t)}}},
                     {"next", {{"type", {"string", "null"}}, {"description", "Address of the next page."}}},
                     {"previous", {{"type", {"string", "null"}}, {"description", "Address of the page before."}}},
                     {"count", {{"type", "integer"}, {"format", "int64"}, {"description", "With count=true only."}}}}},
                   {"required", {"results", "next", "previous"}},
                   {"additionalProperties", false}});
        return name;
    }

    json::object take()
    {
        json::object out;
        for (auto& [name, s] : done_) out[name] = std::move(s);
        return out;
    }
};

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
    if (op.method == method::get && op.answer)
        out.push_back({{"name", "fields"},
                       {"in", "query"},
                       {"required", false},
                       {"description", "Only these fields of each object, separated by commas."},
                       {"schema", {{"type", "string"}}}});
    if (op.method == method::post && op.in_transaction)
        out.push_back(header_parameter("Idempotency-Key", op.key_required,
                                       "Repeating a request with the same key repeats its reply, not its effect."));
    if (op.takes_if_match)
        out.push_back(header_parameter("If-Match", false, "Write only if the ETag is still this one."));
    return out;
}

json::object responses(const operation& op, components& c)
{
    json::object out;
    json::object good{{"description", "Done."}};
    if (op.answer)
    {
        const auto s = op.shape == reply_shape::page ? reference(c.page_of(*op.answer)) : c.schema_of(*op.answer);
        good["content"] = {{"application/json", {{"schema", s}}}};
    }
    out[op.shape == reply_shape::created ? "201" : op.shape == reply_shape::nothing ? "204" : "200"] = std::move(good);

    std::map<int, std::vector<std::string_view>> failures;
    const auto fails = [&](errc code) { failures[status_of(code)].push_back(name_of(code)); };
    fails(errc::malformed);
    if (op.signed_in || op.needs) fails(errc::not_signed_in);
    if (op.needs && *op.needs != role::guest) fails(errc::not_allowed);
    if (op.path.contains('{')) fails(errc::not_found);
    if (op.body || op.query) fails(errc::invalid_input);
    if (op.body) fails(errc::unsupported_media_type);
    if (op.takes_if_match) fails(errc::version_mismatch);
    if (op.method == method::post && op.in_transaction)
        fails(errc::request_in_progress), fails(errc::idempotency_key_reused);
    if (op.key_required) fails(errc::idempotency_key_required);
    fails(errc::unavailable);
    for (const auto code : op.failures) fails(code);
    for (auto& [status, codes] : failures)
    {
        std::ranges::sort(codes);
        codes.erase(std::ranges::unique(codes).begin(), codes.end());
        std::string list;
        for (const auto code : codes) list.append(list.empty() ? "" : ", ").append(std::format("`{}`", code));
        out[std::to_string(status)] = {{"description", list},
                                       {"content", {{problem_type, {{"schema", reference("Problem")}}}}}};
    }
    return out;
}

json::object describe(const operation& op, components& c)
{
    json::object out{{"operationId", operation_id(op)}, {"summary", op.summary}, {"tags", {op.tag}}};
    if (!op.details.empty()) out["description"] = op.details;
    if (auto p = parameters(op, c); !p.empty()) out["parameters"] = std::move(p);
    if (op.body)
        out["requestBody"] = {{"required", true},
                              {"content", {{"application/json", {{"schema", c.schema_of(*op.body)}}}}}};
    out["responses"] = responses(op, c);
    if (op.signed_in || op.needs)
        out["security"] = {{{"bearer", json::array{}}}, {{"cookie", json::array{}}}};
    else if (op.may_sign_in)
        out["security"] = {json::object{}, {{"bearer", json::array{}}}, {{"cookie", json::array{}}}};
    else
        out["security"] = json::array{};
    return out;
}

json::object problem_schema()
{
    const auto text = [](std::string_view doc) { return json::object{{"type", "string"}, {"description", doc}}; };
    return {{"type", "object"},
            {"description", "Why a request was refused (RFC 9457)."},
            {"properties",
             {{"type", text("Always about:blank or an address that explains the code.")},
              {"title", text("The status in words.")},
              {"status", {{"type", "integer"}}},
              {"detail", text("What went wrong with this request.")},
              {"instance", text("The path that was asked for.")},
              {"code", text("Stable name to act on.")},
              {"request_id", text("Quote it when you ask for help.")},
              {"errors",
               {{"type", "array"},
                {"description", "Every field that is not acceptable."},
                {"items",
                 {{"type", "object"},
                  {"properties",
                   {{"pointer", text("JSON pointer into the body, or the parameter's name.")},
                    {"code", text("required, unknown, type, bounds, format …")},
                    {"detail", text("What it must be.")}}},
                  {"required", {"pointer", "code", "detail"}}}}}}}},
            {"required", {"type", "title", "status", "code", "request_id"}}};
}

void collect(const schema::type& t, std::set<const schema::type*>& into)
{
    if (t.element) return collect(*t.element, into);
    if (t.k != kind::object || !into.insert(&t).second) return;
    for (const auto& f : t.fields) collect(*f.of, into);
}

/// Objects that are only ever sent, never read, with everything below them.
std::set<const schema::type*> only_sent(const api& a)
{
    std::set<const schema::type*> sent, read;
    for (const auto& op : a.operations())
    {
        if (op->answer) collect(*op->answer, sent);
        if (op->body) collect(*op->body, read);
    }
    for (const auto* t : read) sent.erase(t);
    return sent;
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
          {"securitySchemes",
           {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
            {"cookie", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-roost_access"}}}}}}}};
    return json::serialize(contract);
}

}  // namespace roost::http
