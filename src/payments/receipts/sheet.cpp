#include "payments/receipts/sheet.hpp"

#include <format>
#include <utility>

#include "platform/text/html.hpp"
#include "platform/text/language.hpp"

namespace roost::payments {
namespace {

using calendar::night_rule;
using calendar::price_line;
using calendar::price_line_kind;

constexpr std::string_view english =
#include "payments/en.inc"
    ;
constexpr std::string_view french =
#include "payments/fr.inc"
    ;

const text::language& language_of(std::string_view locale)
{
    static const text::languages all{english, french};
    return all.of(locale);
}

std::string label_of(const price_line& line, const text::language& l)
{
    if (line.kind == price_line_kind::tax && line.name) return text::harmless(*line.name);
    const auto what =
        line.kind == price_line_kind::nights ? name_of(line.rule.value_or(night_rule::base)) : name_of(line.kind);
    return text::fill(l.word(std::format("line_{}", what)), {{"name", text::harmless(line.name.value_or(""))}});
}

std::string detail_of(const price_line& line, const text::language& l)
{
    if (line.quantity && line.unit_price)
        return text::fill(l.word("times"),
                          {{"quantity", std::format("{}", *line.quantity)}, {"price", l.amount(*line.unit_price)}});
    if (line.rate_basis_points && line.base)
        return text::fill(l.word("share"),
                          {{"rate", l.percent(*line.rate_basis_points)}, {"base", l.amount(*line.base)}});
    return {};
}

std::string joined(std::initializer_list<std::string_view> parts)
{
    std::string all;
    for (const auto part : parts)
        if (!part.empty()) all.append(all.empty() ? "" : ", ").append(part);
    return all;
}

sheet::section price_of(const receipt& r, const text::language& l)
{
    sheet::section s{.heading = l.word("price"), .rows = {}};
    for (const auto& line : r.lines) s.rows.push_back({label_of(line, l), detail_of(line, l), l.amount(line.amount)});
    s.rows.push_back({.label = l.word("total"), .detail = {}, .amount = l.amount(r.total), .strong = true});
    if (r.taxes.minor() != 0) s.rows.push_back({l.word("taxes"), {}, l.amount(r.taxes)});
    if (r.taken_off.minor() != 0) s.rows.push_back({l.word("taken_off"), {}, l.amount(-r.taken_off)});
    return s;
}

sheet::section payments_of(const receipt& r, const text::language& l, const time_zone& zone)
{
    sheet::section s{.heading = l.word("payments"), .rows = {}};
    for (const auto& e : r.entries)
    {
        const bool back = e.kind == receipt_entry_kind::credit_note;
        s.rows.push_back(
            {text::fill(l.word(back ? "refund" : "payment"), {{"number", e.number}}),
             joined({l.day(zone.day_of(e.issued_at)), l.word(name_of(e.method)), text::harmless(e.reason)}),
             l.amount(back ? -e.amount : e.amount)});
    }
    s.rows.push_back({.label = l.word("due"), .detail = {}, .amount = l.amount(r.due), .strong = true});
    return s;
}

}  // namespace

sheet sheet_of(const receipt& r, std::string_view locale, const time_zone& issuers)
{
    const auto& l = language_of(locale);
    sheet s{.language = l.word("code"),
            .title = r.number ? text::fill(l.word("receipt"), {{"number", *r.number}}) : l.word("statement"),
            .note = r.number ? "" : l.word("not_yet"),
            .head = {},
            .sections = {price_of(r, l), payments_of(r, l, issuers)},
            .made_at = r.issued_at ? format(std::chrono::floor<std::chrono::seconds>(*r.issued_at)) : ""};
    const auto say = [&](std::string_view word, std::string_view value) {
        if (!value.empty()) s.head.push_back({l.word(word), text::harmless(value), {}});
    };
    if (r.issued_at) say("issued", l.day(issuers.day_of(*r.issued_at)));
    say("issued_by", joined({r.issued_by.name, r.issued_by.address}));
    say("tax_number", r.issued_by.tax_number);
    say("guest", r.guest);
    say("host", r.host);
    say("place", joined({r.property, r.city, r.country}));
    say("check_in", l.day(r.check_in));
    say("check_out", l.day(r.check_out));
    say("stay", text::fill(l.word("stay_of"),
                           {{"nights", std::format("{}", r.nights)}, {"guests", std::format("{}", r.guests)}}));
    say("booking", r.booking.text());
    return s;
}

std::string html_of(const sheet& s)
{
    constexpr std::string_view style =
        "main{max-width:44rem}h2{font-size:1rem;margin:1.5rem 0 .25rem}table{overflow-wrap:anywhere}"
        ".amount{text-align:end;white-space:nowrap;vertical-align:top}.strong>*{border-top:1px solid #ccc;color:#222;"
        "font-weight:600}.lines small{display:block;color:#666}.note{padding:.75rem;background:#f4f4f2}"
        "@media print{body{background:none}main{max-width:none;padding:0}}";
    std::string body = std::format("<h1>{}</h1>\n", text::escape_html(s.title));
    if (!s.note.empty()) body += std::format("<p class=\"note\">{}</p>\n", text::escape_html(s.note));
    body += "<table>\n";
    for (const auto& row : s.head)
        body += std::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", text::escape_html(row.label),
                            text::isolated(row.detail));
    body += "</table>\n";
    for (const auto& section : s.sections)
    {
        body += std::format("<h2>{}</h2>\n<table class=\"lines\">\n", text::escape_html(section.heading));
        for (const auto& row : section.rows)
        {
            const auto detail = row.detail.empty() ? "" : std::format("<small>{}</small>", text::isolated(row.detail));
            body += std::format("<tr{}><th scope=\"row\">{}{}</th><td class=\"amount\">{}</td></tr>\n",
                                row.strong ? " class=\"strong\"" : "", text::isolated(row.label), detail,
                                text::escape_html(row.amount));
        }
        body += "</table>\n";
    }
    return text::document(s.language, s.title, body, style);
}

}  // namespace roost::payments
