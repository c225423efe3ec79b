#include "platform/http/openapi_schemas.hpp"

#include <cctype>
#include <utility>

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

json::object text_of(std::string_view format)
{
    json::object s{{"type", "string"}};
    if (!format.empty()) s["format"] = format;
    return s;
}

void collect(const schema::type& t, std::set<const schema::type*>& into)
{
    if (t.element) return collect(*t.element, into);
    if (t.k != kind::object || !into.insert(&t).second) return;
    for (const auto& f : t.fields) collect(*f.of, into);
}

}  // namespace

json::object reference(std::string_view component)
{
    return {{"$ref", "#/components/schemas/" + std::string{component}}};
}

/// Two structs of one name would silently describe each other's data.
std::string components::claim(const schema::type& t)
{
    auto name = component_name(t.name);
    const auto [it, fresh] = owners_.emplace(name, &t);
    if (!fresh && it->second != &t) throw std::logic_error("two types are called " + name + " in the contract");
    return name;
}

json::object components::object_schema(const schema::type& t)
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

json::object components::money_schema(const schema::limits& b)
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

json::object components::schema_of(const schema::type& t, const schema::limits& b)
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

json::object components::field_schema(const schema::field_info& f)
{
    auto s = schema_of(*f.of, f.bounds);
    if (!f.doc.empty()) s["description"] = f.doc;
    if (!f.example.empty()) s["examples"] = json::array{json::parse(f.example)};
    return s;
}

std::string components::page_of(const schema::type& t)
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

json::object components::take()
{
    json::object out;
    for (auto& [name, s] : done_) out[name] = std::move(s);
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

}  // namespace roost::http
