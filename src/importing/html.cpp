#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "importing/texts.hpp"

namespace roost::importing {
namespace {

constexpr std::string_view block_tags[] = {"br", "p",  "div", "li", "ul", "ol", "tr",         "table",  "h1",
                                           "h2", "h3", "h4",  "h5", "h6", "hr", "blockquote", "section"};
constexpr std::string_view inline_tags[] = {"a",    "b",    "i",     "u",     "s",      "em",   "strong",
                                            "span", "font", "small", "big",   "sub",    "sup",  "img",
                                            "td",   "th",   "tbody", "thead", "center", "code", "wbr"};

constexpr std::pair<std::string_view, std::string_view> entities[] = {
    {"amp", "&"},    {"lt", "<"},     {"gt", ">"},     {"quot", "\""},  {"apos", "'"},   {"nbsp", " "},
    {"ndash", "–"},  {"mdash", "—"},  {"hellip", "…"}, {"lsquo", "‘"},  {"rsquo", "’"},  {"ldquo", "“"},
    {"rdquo", "”"},  {"bull", "•"},   {"middot", "·"}, {"deg", "°"},    {"euro", "€"},   {"pound", "£"},
    {"copy", "©"},   {"reg", "®"},    {"trade", "™"},  {"sup2", "²"},   {"frac12", "½"}, {"eacute", "é"},
    {"egrave", "è"}, {"ecirc", "ê"},  {"agrave", "à"}, {"aacute", "á"}, {"acirc", "â"},  {"ccedil", "ç"},
    {"ntilde", "ñ"}, {"oacute", "ó"}, {"ocirc", "ô"},  {"iacute", "í"}, {"icirc", "î"},  {"uacute", "ú"},
    {"auml", "ä"},   {"ouml", "ö"},   {"uuml", "ü"},   {"szlig", "ß"},  {"aring", "å"},  {"oslash", "ø"},
};

void append_code_point(std::string& out, std::uint32_t c)
{
    if (c >= 0x10000)
    {
        out += static_cast<char>(0xF0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    }
    else if (c >= 0x800)
    {
        out += static_cast<char>(0xE0 | (c >> 12));
    }
    if (c >= 0x800)
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    else if (c >= 0x80)
        out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(c < 0x80 ? c : 0x80 | (c & 0x3F));
}

/// Appends what an entity at the front of `text` stands for and says how long it is; 0 when there is none.
std::size_t take_entity(std::string_view text, std::string& out)
{
    const auto end = text.substr(0, 12).find(';');
    if (end == text.npos) return 0;
    const auto name = text.substr(1, end - 1);
    if (name.starts_with('#'))
    {
        const bool hex = name.starts_with("#x") || name.starts_with("#X");
        const auto digits = name.substr(hex ? 2 : 1);
        std::uint32_t c = 0;
        const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), c, hex ? 16 : 10);
        const bool character = c >= ' ' && c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF);
        if (error != std::errc{} || stop != digits.data() + digits.size() || !character) return 0;
        append_code_point(out, c);
        return end + 1;
    }
    const auto* known = std::ranges::find(entities, name, &std::pair<std::string_view, std::string_view>::first);
    if (known == std::end(entities)) return 0;
    out += known->second;
    return end + 1;
}

/// How long the tag at the front of `text` is, 0 when it is none ("<3 rooms"); a line end instead of block tags.
std::size_t take_tag(std::string_view text, std::string& out)
{
    auto rest = text.substr(1);
    if (rest.starts_with('/')) rest.remove_prefix(1);
    const auto is_letter = [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; };
    std::string name;
    while (!rest.empty() && name.size() < 12
           && (is_letter(rest[0]) || (!name.empty() && rest[0] >= '1' && rest[0] <= '6')))
    {
        name += static_cast<char>(is_letter(rest[0]) ? rest[0] | 32 : rest[0]);
        rest.remove_prefix(1);
    }
    // Long texts are cut off by the export, in the middle of a tag as well.
    if (rest.empty() && name.size() <= 3) return text.size();
    const bool block = std::ranges::contains(block_tags, name);
    if (!block && !std::ranges::contains(inline_tags, name)) return 0;
    const auto end = text.find('>');
    if (!rest.empty() && !std::string_view{" />\t\n\r"}.contains(rest[0])) return 0;
    if (block) out += '\n';
    return end == text.npos ? text.size() : end + 1;
}

/// No blanks at the ends of lines, one empty line at most in a row, none at the ends.
std::string tidy(std::string_view text)
{
    std::string out;
    for (const char c : text)
    {
        if (c == '\n')
        {
            while (out.ends_with(' ')) out.pop_back();
            if (out.empty() || out.ends_with("\n\n")) continue;
        }
        if (c != ' ' || !out.empty()) out += c;
    }
    while (out.ends_with(' ') || out.ends_with('\n')) out.pop_back();
    return out;
}

}  // namespace

std::string plain_text(std::string_view html)
{
    std::string out;
    out.reserve(html.size());
    while (!html.empty())
    {
        const char c = html.front();
        std::size_t taken = c == '<' ? take_tag(html, out) : c == '&' ? take_entity(html, out) : 0;
        if (taken == 0)
        {
            taken = html.starts_with("\r\n") ? 2 : 1;
            if (c == '\n' || (c == '\r' && !html.substr(taken).starts_with("<br")))  // exports end lines with both
                out += '\n';
            else if (c == '\t')
                out += ' ';
            else if (static_cast<unsigned char>(c) >= ' ' && c != 0x7F)
                out += c;
        }
        html.remove_prefix(taken);
    }
    return tidy(out);
}

}  // namespace roost::importing
