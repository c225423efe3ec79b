#include "notifications/rendering.hpp"

#include <format>

namespace roost::notifications {
namespace {

using text::document;
using text::isolated;

/// Each value by itself, so that none reaches into another's place.
facts with(const facts& f, std::string (*change)(std::string_view))
{
    facts out;
    out.reserve(f.size());
    for (const auto& one : f) out.push_back({one.name, change(one.value)});
    return out;
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

}  // namespace

rendered render(std::string_view locale, kind k, side s, const facts& f, std::string_view unsubscribe)
{
    const auto& words = language_of(locale);
    const auto& t = template_of(words, k, s);
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
    const auto& words = language_of(locale);
    auto body = std::format("<h1>{}</h1>\n<p>{}</p>\n", escape_html(heading), escape_html(text));
    if (!button.empty())
        body += std::format("<form method=\"post\"><button class=\"button\">{}</button></form>\n", escape_html(button));
    return document(words.word("code"), heading, body);
}

}  // namespace roost::notifications
