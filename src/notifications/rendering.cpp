#include "notifications/rendering.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "core/utf8.hpp"

namespace roost::notifications {
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

/// Each value by itself, so that none reaches into another's place.
facts with(const facts& f, std::string (*change)(std::string_view))
{
    facts out;
    out.reserve(f.size());
    for (const auto& one : f) out.push_back({one.name, change(one.value)});
    return out;
}

/// `bdi`: letters that run from right to left stay within the value.
std::string isolated(std::string_view value)
{
    return value.empty() ? std::string{} : std::format("<bdi>{}</bdi>", escape_html(harmless(value)));
}

std::string escaped(std::string_view value) { return escape_html(harmless(value)); }

/// Adds one block to both texts.
class writer
{
    const facts plain_, html_, attribute_;
    std::string rows_;

    void end_table()
    {
        if (rows_.empty()) return;
        html += std::format("<table>{}</table>\n", rows_);
        text += "\n";
        rows_.clear();
    }

public:
    std::string text, html, summary;

    explicit writer(const facts& f) : plain_{with(f, harmless)}, html_{with(f, isolated)}, attribute_{with(f, escaped)}
    {}

    std::string plain(std::string_view t) const { return fill(t, plain_); }

    void add(const block& b)
    {
        if (!b.condition.empty() && value_of(plain_, b.condition).empty()) return;
        const auto label = fill(escape_html(b.text), html_);
        if (b.is == block::shape::row)
        {
            rows_ +=
                std::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", label, fill(escape_html(b.target), html_));
            text += std::format("{}: {}\n", plain(b.text), plain(b.target));
            return;
        }
        end_table();
        if (b.is == block::shape::button)
        {
            html += std::format("<p><a class=\"button\" href=\"{}\">{}</a></p>\n",
                                fill(escape_html(b.target), attribute_), label);
            text += std::format("{}:\n{}\n\n", plain(b.text), plain(b.target));
            return;
        }
        if (summary.empty()) summary = plain(b.text);
        html += std::format("<p>{}</p>\n", label);
        text += plain(b.text) + "\n\n";
    }

    void end() { end_table(); }
};

std::string document(std::string_view language, std::string_view title, std::string_view body)
{
    return std::format(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n"
        "<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        language, escape_html(title), style, body);
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

rendered render(std::string_view locale, kind k, side s, const facts& f, std::string_view unsubscribe)
{
    const auto& words = language::of(locale);
    const auto& t = words.find(k, s);
    writer w{f};
    const auto subject = w.plain(t.subject);
    w.html = std::format("<h1>{}</h1>\n", escape_html(subject));
    w.add({.is = block::shape::paragraph, .condition = {}, .text = words.word("greeting"), .target = {}});
    w.summary.clear();
    for (const auto& b : t.blocks) w.add(b);
    w.end();
    auto foot = std::format("<p>{}</p>\n", escape_html(words.word("footer")));
    w.text += "-- \n" + words.word("footer") + "\n";
    if (!unsubscribe.empty())
    {
        foot += std::format("<p><a href=\"{}\">{}</a></p>\n", escape_html(unsubscribe),
                            escape_html(words.word("unsubscribe")));
        w.text += std::format("{}: {}\n", words.word("unsubscribe"), unsubscribe);
    }
    w.html += std::format("<footer>\n{}</footer>\n", foot);
    return {subject, w.summary, w.text, document(words.word("code"), subject, w.html)};
}

std::string page(std::string_view locale, std::string_view heading, std::string_view text, std::string_view button)
{
    const auto& words = language::of(locale);
    auto body = std::format("<h1>{}</h1>\n<p>{}</p>\n", escape_html(heading), escape_html(text));
    if (!button.empty())
        body += std::format("<form method=\"post\"><button class=\"button\">{}</button></form>\n", escape_html(button));
    return document(words.word("code"), heading, body);
}

}  // namespace roost::notifications
