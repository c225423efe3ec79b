// /dev/mail: mails that were kept for want of a server, for developers and tests.
#include <format>

#include "notifications/rendering.hpp"
#include "notifications/rest.hpp"
#include "platform/observe/log.hpp"

namespace roost::notifications {
namespace {

constexpr int most_shown = 200;

constexpr std::string_view head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mails</title>
<style>
body{margin:0;font:15px/1.4 system-ui,sans-serif;display:grid;grid-template-columns:minmax(16rem,24rem) 1fr;height:100vh}
nav{overflow:auto;border-right:1px solid #ddd}nav h1{font-size:1rem;margin:1rem}
nav a{display:block;padding:.6rem 1rem;border-top:1px solid #eee;color:inherit;text-decoration:none}
nav a:hover,nav a.now{background:#eef4f2}nav small{color:#666;display:block;overflow-wrap:anywhere}
main{overflow:auto;padding:1rem;display:flex;flex-direction:column;gap:1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}dt{color:#666}dd{margin:0;overflow-wrap:anywhere}
iframe{border:1px solid #ddd;min-height:26rem;flex:1}pre{white-space:pre-wrap;background:#f6f6f4;padding:1rem;margin:0}
</style>
</head>
<body>
)";

http::response reply(std::string_view type, std::string text, std::string policy)
{
    http::response r;
    r.content_type = type;
    r.body = std::move(text);
    r.set("Cache-Control", "no-store");
    r.set("Content-Security-Policy", std::move(policy));
    return r;
}

/// The value of a parameter that needs no decoding: an id or an address without '+'.
std::string_view parameter(std::string_view query, std::string_view name)
{
    while (!query.empty())
    {
        const auto part = query.substr(0, query.find('&'));
        if (part.starts_with(name) && part.substr(name.size()).starts_with('=')) return part.substr(name.size() + 1);
        query.remove_prefix(std::min(query.size(), part.size() + 1));
    }
    return {};
}

std::string_view id_of(const mail::message& m) { return std::string_view{m.id}.substr(0, m.id.find('@')); }

std::string list_of(const std::vector<mail::message>& mails, std::string_view shown)
{
    std::string out = "<nav>\n<h1>Mails, the latest first</h1>\n";
    for (const auto& m : mails)
        out += std::format("<a href=\"/dev/mail?id={}\"{}>{}<small>{} · {:%F %R}</small></a>\n", id_of(m),
                           id_of(m) == shown ? " class=\"now\"" : "", escape_html(m.subject), escape_html(m.to.email),
                           std::chrono::floor<std::chrono::minutes>(m.date));
    if (mails.empty()) out += "<p style=\"margin:1rem\">None yet.</p>\n";
    return out + "</nav>\n";
}

std::string detail_of(const mail::message& m)
{
    std::string headers;
    for (const auto& h : mail::headers_of(m))
    {
        const auto colon = h.find(": ");
        headers += std::format("<dt>{}</dt><dd>{}</dd>\n", h.substr(0, colon), escape_html(h.substr(colon + 2)));
    }
    for (const auto& a : m.attachments)
        headers += std::format("<dt>Attached</dt><dd>{} ({})</dd>\n", escape_html(a.name), escape_html(a.type));
    auto out = std::format(
        "<main>\n<h1>{}</h1>\n<dl>\n{}</dl>\n<iframe sandbox=\"allow-popups "
        "allow-popups-to-escape-sandbox\" title=\"HTML\" src=\"/dev/mail/html?id={}\"></iframe>\n"
        "<pre>{}</pre>\n",
        escape_html(m.subject), headers, id_of(m), escape_html(m.text));
    for (const auto& a : m.attachments) out += std::format("<pre>{}</pre>\n", escape_html(a.content));
    return out + "</main>\n";
}

task<http::response> show_page(service& s, const http::request& r)
{
    const auto mails = co_await s.kept_mails({}, most_shown);
    const auto wanted = mail_id::parse(parameter(r.query, "id"));
    const auto shown = wanted ? co_await s.kept_mail(*wanted) : std::nullopt;
    auto text = std::string{head} + list_of(mails, shown ? id_of(*shown) : "");
    text += shown ? detail_of(*shown) : "<main><p>Choose a mail.</p></main>\n";
    co_return reply("text/html; charset=utf-8", text + "</body>\n</html>\n",
                    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'");
}

/// So that a link opens a page of its own, outside of the sandbox.
std::string with_links_outside(std::string html)
{
    constexpr std::string_view head_tag = "<head>";
    if (const auto at = html.find(head_tag); at != html.npos)
        html.insert(at + head_tag.size(), "<base target=\"_blank\">");
    return html;
}

/// In a sandbox of its own: whatever a mail's HTML holds, it runs nothing and loads nothing.
task<http::response> show_html(service& s, const http::request& r)
{
    const auto wanted = mail_id::parse(parameter(r.query, "id"));
    const auto m = wanted ? co_await s.kept_mail(*wanted) : std::nullopt;
    co_return reply(
        "text/html; charset=utf-8", m ? with_links_outside(m->html) : std::string{},
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'");
}

task<http::response> list_json(service& s, const http::request& r)
{
    const auto mails = co_await s.kept_mails(std::string{parameter(r.query, "to")}, most_shown);
    std::string out = "{\"results\":[";
    for (const auto& m : mails)
    {
        if (out.back() != '[') out += ',';
        schema::write_json(out, schema::type_of<mail::message>, &m);
    }
    co_return reply("application/json", out + "]}", "default-src 'none'");
}

}  // namespace

void install_kept_mails(http::api& a, service& s)
{
    log::warn("mails are kept and shown to everybody at /dev/mail");
    a.raw("/dev/mail", [&s](const http::request& r) { return show_page(s, r); });
    a.raw("/dev/mail/html", [&s](const http::request& r) { return show_html(s, r); });
    a.raw("/dev/mail.json", [&s](const http::request& r) { return list_json(s, r); });
}

}  // namespace roost::notifications
