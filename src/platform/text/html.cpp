#include "platform/text/html.hpp"

#include <format>

#include "core/utf8.hpp"

namespace roost::text {
namespace {

constexpr std::size_t longest = 2'000;

constexpr std::string_view style =
    "body{margin:0;background:#f4f4f2;color:#222;font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:36rem;margin:0 auto;padding:1.5rem;background:#fff}"
    "h1{font-size:1.25rem;line-height:1.3}table{border-collapse:collapse;width:100%}"
    "th{text-align:start;font-weight:400;color:#666;padding:.3rem 1rem .3rem 0;vertical-align:top}td{padding:.3rem 0}"
    ".button{display:inline-block;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#0b5d4b;color:#fff;"
    "font:inherit;text-decoration:none}footer{color:#666;font-size:.85rem}";

/// U+202A–U+202E, U+2066–U+2069, U+200E and U+200F as UTF-8: they turn the direction of the text after them.
bool turns_direction(std::string_view rest)
{
    if (rest.size() < 3 || rest[0] != '\xe2') return false;
    const auto b = static_cast<unsigned char>(rest[1]), c = static_cast<unsigned char>(rest[2]);
    return (b == 0x80 && ((c >= 0xaa && c <= 0xae) || c == 0x8e || c == 0x8f)) || (b == 0x81 && c >= 0xa6 && c <= 0xa9);
}

}  // namespace

std::string harmless(std::string_view given)
{
    auto text = utf8_prefix(given, longest);
    std::string out;
    out.reserve(text.size());
    while (!text.empty())
    {
        if (turns_direction(text))
        {
            text.remove_prefix(3);
            continue;
        }
        const auto c = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        if (c > ' ' && c != 127)
            out += static_cast<char>(c);
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

std::string escape_html(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (const char c : text)
    {
        switch (c)
        {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string isolated(std::string_view value)
{
    return value.empty() ? std::string{} : std::format("<bdi>{}</bdi>", escape_html(harmless(value)));
}

std::string document(std::string_view language, std::string_view title, std::string_view body,
                     std::string_view more_style)
{
    return std::format(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n"
        "<style>{}{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        language, escape_html(title), style, more_style, body);
}

}  // namespace roost::text
