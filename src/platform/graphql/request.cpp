#include "platform/graphql/request.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "platform/schema/text.hpp"

namespace roost::graphql {
namespace {

namespace json = boost::json;

std::unexpected<not_a_request> refuse(std::string message, int status = 400)
{
    return std::unexpected{not_a_request{status, std::move(message)}};
}

std::string_view trimmed(std::string_view s)
{
    while (s.starts_with(' ') || s.starts_with('\t')) s.remove_prefix(1);
    while (s.ends_with(' ') || s.ends_with('\t')) s.remove_suffix(1);
    return s;
}

/// Calls `f` with each part between separators, trimmed.
template <class F>
void each_part(std::string_view list, char separator, F f)
{
    while (!list.empty())
    {
        const auto end = std::min(list.find(separator), list.size());
        f(trimmed(list.substr(0, end)));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

std::expected<json::value, not_a_request> parse_json(std::string_view text, std::string_view what)
{
    boost::system::error_code bad;
    json::parse_options strict;
    strict.max_depth = 64;
    auto value = json::parse(text, bad, {}, strict);
    if (bad) return refuse(std::string{what} + " is not JSON: " + bad.message());
    return value;
}

bool is_json(std::string_view content_type)
{
    const auto semicolon = content_type.find(';');
    if (!http::same_name(trimmed(content_type.substr(0, semicolon)), "application/json")) return false;
    bool utf8 = true;
    if (semicolon != content_type.npos)
        each_part(content_type.substr(semicolon + 1), ';', [&](std::string_view p) {
            if (!http::same_name(p.substr(0, 8), "charset=")) return;
            p.remove_prefix(8);
            utf8 = http::same_name(p, "utf-8") || http::same_name(p, "\"utf-8\"");
        });
    return utf8;
}

/// One parameter of the request into `to`; null is the same as none.
std::optional<not_a_request> take_text(const json::object& from, std::string_view name, std::string& to)
{
    const auto* v = from.if_contains(name);
    if (!v || v->is_null()) return {};
    if (!v->is_string()) return not_a_request{400, "`" + std::string{name} + "` must be a string"};
    to = std::string_view{v->get_string()};
    return {};
}

std::optional<not_a_request> take_object(const json::object& from, std::string_view name, json::object& to)
{
    const auto* v = from.if_contains(name);
    if (!v || v->is_null()) return {};
    if (!v->is_object()) return not_a_request{400, "`" + std::string{name} + "` must be an object"};
    to = v->get_object();
    return {};
}

std::optional<not_a_request> take_hash(const json::object& extensions, const std::string& document_id,
                                       std::string& hash)
{
    if (document_id.starts_with("sha256:")) hash = document_id.substr(7);
    if (const auto* p = extensions.if_contains("persistedQuery"); p && p->is_object())
        if (const auto* h = p->get_object().if_contains("sha256Hash"); h && h->is_string())
            hash = std::string_view{h->get_string()};
    const bool hex = std::ranges::all_of(hash, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (hash.empty() || (hex && hash.size() == 64)) return {};
    return not_a_request{400, "a persisted document is named by the SHA-256 of its text, in lower-case hex"};
}

std::expected<asked, not_a_request> read_members(const json::object& from)
{
    asked a;
    std::string document_id;
    json::object extensions;
    for (const auto& bad : {take_text(from, "query", a.query), take_text(from, "operationName", a.operation),
                            take_object(from, "variables", a.variables), take_object(from, "extensions", extensions),
                            take_text(from, "documentId", document_id), take_hash(extensions, document_id, a.hash)})
        if (bad) return std::unexpected{*bad};
    if (a.query.empty() && a.hash.empty()) return refuse("`query` is missing");
    return a;
}

std::expected<all_asked, not_a_request> one_of(const json::object& members)
{
    auto a = read_members(members);
    if (!a) return std::unexpected{std::move(a.error())};
    all_asked all;
    all.each.push_back(*std::move(a));
    return all;
}

std::expected<all_asked, not_a_request> read_get(const http::request& r)
{
    const auto pairs = roost::schema::split_query(r.query);
    if (!pairs) return refuse(pairs.error().detail);
    json::object members;
    for (const auto& [name, value] : *pairs)
    {
        if (members.contains(name)) return refuse("`" + name + "` is there twice");
        if (name == "variables" || name == "extensions")
        {
            if (value.empty()) continue;
            auto parsed = parse_json(value, "`" + name + "`");
            if (!parsed) return std::unexpected{std::move(parsed.error())};
            members.emplace(name, *std::move(parsed));
        }
        else
            members.emplace(name, value);
    }
    return one_of(members);
}

std::expected<all_asked, not_a_request> read_list(const json::array& from, std::size_t most)
{
    if (most == 0) return refuse("one request at a time: lists of them are not taken");
    if (from.empty()) return refuse("the list has no request");
    if (from.size() > most) return refuse("no more than " + std::to_string(most) + " requests at a time");
    all_asked all{.each = {}, .list = true};
    for (std::size_t i = 0; i < from.size(); ++i)
    {
        const auto where = "request " + std::to_string(i) + " of the list: ";
        if (!from[i].is_object()) return refuse(where + "it must be a JSON object");
        auto a = read_members(from[i].get_object());
        if (!a) return refuse(where + a.error().message, a.error().status);
        all.each.push_back(*std::move(a));
    }
    return all;
}

struct range
{
    std::string_view type;
    double quality = 1;
};

std::vector<range> accepted(std::string_view header)
{
    std::vector<range> all;
    each_part(header, ',', [&](std::string_view one) {
        range r;
        bool first = true, utf8 = true;
        each_part(one, ';', [&](std::string_view p) {
            if (std::exchange(first, false))
                r.type = p;
            else if (p.starts_with("q="))
                std::from_chars(p.data() + 2, p.data() + p.size(), r.quality);
            else if (http::same_name(p.substr(0, 8), "charset="))
                utf8 = http::same_name(p.substr(8), "utf-8");
        });
        if (utf8 && !r.type.empty()) all.push_back(r);
    });
    return all;
}

}  // namespace

std::expected<all_asked, not_a_request> read_requests(const http::request& r, std::size_t most_bytes, std::size_t most)
{
    if (r.method != http::method::post) return read_get(r);
    if (!is_json(r.find("content-type").value_or("")))
        return refuse("send the body as Content-Type: application/json; charset=utf-8", 415);
    if (r.body.size() > most_bytes)
        return refuse("the body is larger than " + std::to_string(most_bytes) + " bytes", 413);
    auto parsed = parse_json(r.body, "the body");
    if (!parsed) return std::unexpected{std::move(parsed.error())};
    if (parsed->is_array()) return read_list(parsed->get_array(), most);
    if (!parsed->is_object()) return refuse("the body must be a JSON object");
    return one_of(parsed->get_object());
}

media_type negotiate(const http::request& r)
{
    const auto header = r.find("accept");
    if (!header || trimmed(*header).empty()) return media_type::json;
    auto best = media_type::none;
    double quality = 0;
    for (const auto& a : accepted(*header))
    {
        auto type = media_type::none;
        if (http::same_name(a.type, "application/graphql-response+json")) type = media_type::graphql_response;
        if (http::same_name(a.type, "text/event-stream")) type = media_type::event_stream;
        if (http::same_name(a.type, "application/json") || a.type == "*/*" || http::same_name(a.type, "application/*"))
            type = media_type::json;
        if (http::same_name(a.type, "text/html") && r.method == http::method::get) type = media_type::html;
        if (type == media_type::none || a.quality <= quality) continue;
        best = type;
        quality = a.quality;
    }
    return best;
}

}  // namespace roost::graphql
