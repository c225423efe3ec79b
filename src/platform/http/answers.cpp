#include "platform/http/answers.hpp"

#include <algorithm>
#include <format>

#include "platform/schema/text.hpp"

namespace roost::http {
namespace {

/// The entity tag of what has a version; trimmed representations have none.
std::optional<std::string> etag_of(const schema::type& t, const void* value, const call& c)
{
    if (c.fields != schema::all_fields) return std::nullopt;
    const auto version = std::ranges::find(t.fields, "version", &schema::field_info::name);
    if (version == t.fields.end()) return std::nullopt;
    return std::format("\"{}\"", schema::to_text(*version->of, version->at(const_cast<void*>(value))));
}

void append_encoded(std::string& out, std::string_view text)
{
    for (const char ch : text)
    {
        const bool plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9')
                           || std::string_view{"-._~,:"}.contains(ch);
        if (plain)
            out.push_back(ch);
        else
            out += std::format("%{:02X}", static_cast<unsigned char>(ch));
    }
}

/// The same request with another cursor, as a JSON value.
void write_link(std::string& out, const std::optional<std::string>& cursor, const call& c)
{
    if (!cursor)
    {
        out += "null";
        return;
    }
    std::string link{c.req.path};
    if (!link.ends_with('/')) link.push_back('/');  // one page has one address, however it was asked for
    char before = '?';
    const auto add = [&](std::string_view name, std::string_view value) {
        link.push_back(std::exchange(before, '&'));
        append_encoded(link, name);
        link.push_back('=');
        append_encoded(link, value);
    };
    for (const auto& [name, value] : c.query)
        if (name != "cursor") add(name, value);
    if (!c.fields_text.empty()) add("fields", c.fields_text);
    add("cursor", *cursor);
    schema::write_string(out, link);
}

}  // namespace

reply render_object(const schema::type& t, const void* value, call& c)
{
    reply r;
    auto& out = r.body.emplace<std::string>();
    out.reserve(1024);
    schema::write_json(out, t, value, c.fields);
    if (auto tag = etag_of(t, value, c)) r.headers.push_back({"ETag", std::move(*tag)});
    return r;
}

void page_writer::add(const schema::type& t, const void* item, call& c)
{
    if (out_.back() != '[') out_.push_back(',');
    schema::write_json(out_, t, item, c.fields);
}

reply page_writer::finish(const std::optional<std::string>& next, const std::optional<std::string>& previous,
                          std::optional<std::int64_t> count, call& c) &&
{
    out_ += R"(],"next":)";
    write_link(out_, next, c);
    out_ += R"(,"previous":)";
    write_link(out_, previous, c);
    if (count) out_ += std::format(R"(,"count":{})", *count);
    out_.push_back('}');
    return {.body = std::move(out_)};
}

}  // namespace roost::http
