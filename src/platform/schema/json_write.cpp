#include <charconv>
#include <cmath>

#include "platform/schema/json.hpp"
#include "platform/schema/text.hpp"

namespace roost::schema {
namespace {

template <class Number>
void write_number(std::string& out, Number n)
{
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, n).ptr;
    out.append(text, end);
}

void write_quoted(std::string& out, std::string_view plain)
{
    out.push_back('"');
    out.append(plain);
    out.push_back('"');
}

void write_escape(std::string& out, char c)
{
    switch (c)
    {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default:
            out += "\\u00";
            out.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
            out.push_back("0123456789abcdef"[c & 15]);
    }
}

/// Text from our own database is valid; this is for what is echoed from outside.
std::string only_valid(std::string_view text)
{
    std::string out;
    while (!text.empty())
    {
        std::size_t length = 1;
        while (length <= 4 && length <= text.size() && !count_code_points(text.substr(0, length))) ++length;
        if (length > 4 || length > text.size())
        {
            if (text.front() == '\0')
                out.push_back('\0');
            else
                out += "\xef\xbf\xbd";
            length = 1;
        }
        else
            out.append(text.substr(0, length));
        text.remove_prefix(length);
    }
    return out;
}

void write_money(std::string& out, const money& m)
{
    out += R"({"amount":)";
    write_number(out, m.minor());
    out += R"(,"currency":")";
    out.append(m.unit().code());
    out += "\"}";
}

void write_object(std::string& out, const type& t, const void* object, field_mask mask)
{
    char before = '{';
    for (std::size_t i = 0; i < t.fields.size(); ++i)
    {
        if (i < 64 && !(mask >> i & 1)) continue;
        const auto& f = t.fields[i];
        const void* value = f.at(const_cast<void*>(object));  // `at` only adds an offset
        if (f.of->k == kind::patch && !f.of->peek(value)) continue;
        out.push_back(before);
        write_quoted(out, f.name);
        out.push_back(':');
        write_json(out, *f.of, value);
        before = ',';
    }
    if (before == '{') out.push_back('{');
    out.push_back('}');
}

void write_list(std::string& out, const type& t, const void* list)
{
    out.push_back('[');
    for (std::size_t i = 0, n = t.size(list); i < n; ++i)
    {
        if (i) out.push_back(',');
        write_json(out, *t.element, t.item(list, i));
    }
    out.push_back(']');
}

}  // namespace

void write_string(std::string& out, std::string_view text)
{
    out.push_back('"');
    std::size_t clean = 0;
    bool ascii = true;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        const auto c = static_cast<unsigned char>(text[i]);
        ascii &= c < 0x80;
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text.substr(clean, i - clean));
        write_escape(out, text[i]);
        clean = i + 1;
    }
    out.append(text.substr(clean));
    out.push_back('"');
    if (!ascii && !count_code_points(out)) out = only_valid(out);
}

void write_json(std::string& out, const type& t, const void* value, field_mask mask)
{
    switch (t.k)
    {
        case kind::boolean: out += *static_cast<const bool*>(value) ? "true" : "false"; return;
        case kind::int32: return write_number(out, *static_cast<const std::int32_t*>(value));
        case kind::int64: return write_number(out, *static_cast<const std::int64_t*>(value));
        case kind::number: return write_number(out, *static_cast<const double*>(value));
        case kind::text: return write_string(out, *static_cast<const std::string*>(value));
        case kind::enumeration: return write_quoted(out, t.names[static_cast<std::size_t>(t.get(value))]);
        case kind::money: return write_money(out, *static_cast<const money*>(value));
        case kind::currency: return write_quoted(out, static_cast<const currency*>(value)->code());
        case kind::id:
        case kind::date:
        case kind::instant:
        case kind::time_zone: return write_quoted(out, to_text(t, value));
        case kind::object: return write_object(out, t, value, mask);
        case kind::list: return write_list(out, t, value);
        case kind::optional:
        case kind::patch:
            if (const void* inner = t.peek(value)) return write_json(out, *t.element, inner, mask);
            out += "null";
            return;
    }
}

}  // namespace roost::schema
