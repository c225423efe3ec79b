#include "platform/graphql/printer.hpp"

#include <array>
#include <format>
#include <ranges>
#include <utility>

namespace roost::graphql {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Whether all lines but the first begin with blanks, which would then be taken for the common indent.
bool all_indented(std::string_view text)
{
    bool indented = text.contains('\n');
    for (const auto line : text | std::views::split('\n') | std::views::drop(1))
        indented = indented && (line.empty() || is_blank(line.front()));
    return indented;
}

/// Whether the text would run into the quotes behind it.
bool touches_quotes(std::string_view text)
{
    return (text.ends_with('"') && !text.ends_with("\"\"\"")) || text.ends_with('\\');
}

/// What stands between the quotes of a block string, `line_end` at the end of each line.
void append_block_text(std::string& out, std::string_view text, std::string_view line_end)
{
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text.substr(i).starts_with("\"\"\""))
        {
            out += "\\\"\"\"";
            i += 2;
        }
        else if (text[i] == '\n')
            out += line_end;
        else
            out += text[i];
    }
}

}  // namespace

void append_string(std::string& out, std::string_view text)
{
    out += '"';
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        const char c = text[i];
        switch (c)
        {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
                    out += std::format("\\u{:04X}", static_cast<unsigned>(c));
                else if (const auto next = text.substr(i + 1, 1); c == '\xC2' && next >= "\x80" && next <= "\x9F")
                    out += std::format("\\u{:04X}",
                                       static_cast<unsigned char>(text[++i]));  // the other control characters
                else
                    out += c;
        }
    }
    out += '"';
}

void append_compact_block(std::string& out, std::string_view text)
{
    out += "\"\"\"";
    if (all_indented(text)) out += '\n';
    append_block_text(out, text, "\n");
    if (touches_quotes(text)) out += '\n';
    out += "\"\"\"";
}

void append_block(std::string& out, std::string_view text, std::string_view indent)
{
    constexpr std::size_t long_line = 70;
    const auto line_end = '\n' + std::string{indent};
    const bool lines =
        text.contains('\n') || text.size() > long_line || touches_quotes(text) || text.ends_with("\"\"\"");
    const bool begins_blank = !text.contains('\n') && !text.empty() && is_blank(text.front());
    out += "\"\"\"";
    if (lines && !begins_blank) out += line_end;
    append_block_text(out, text, line_end);
    if (lines) out += line_end;
    out += "\"\"\"";
}

namespace {

/// Writes tokens, with a space only where two would run together.
class compact
{
public:
    std::string take() { return std::move(out_); }

    void print(const document& d)
    {
        for (const auto& definition : d.definitions())
        {
            switch (definition.kind)
            {
                case ast::definition_kind::operation: print(d.operations()[definition.index]); break;
                case ast::definition_kind::fragment: print(d.fragments()[definition.index]); break;
                default: print(d.type_definitions()[definition.index]); break;
            }
        }
    }

private:
    void mark(std::string_view punctuator)
    {
        if (after_word_ && punctuator == "...") out_ += ' ';
        out_ += punctuator;
        after_word_ = false;
    }
    void word(std::string_view text)
    {
        if (after_word_) out_ += ' ';
        out_ += text;
        after_word_ = true;
    }

    template <class T>
    void list(std::string_view open, std::span<const T> items, std::string_view close)
    {
        if (items.empty()) return;
        mark(open);
        for (const auto& i : items) print(i);
        mark(close);
    }
    template <class T>
    void all(std::span<const T> items)
    {
        for (const auto& i : items) print(i);
    }
    void names(std::span<const ast::name> items, std::string_view delimiter)
    {
        for (bool first = true; const auto& i : items)
        {
            if (!std::exchange(first, false)) mark(delimiter);
            word(i.text);
        }
    }

    void print(const ast::operation& o)
    {
        if (o.description) print(*o.description);
        const bool plain = o.kind == operation_kind::query && o.name.empty() && o.variables.empty()
                           && o.directives.empty() && !o.description;
        if (!plain) word(name_of(o.kind));
        if (!o.name.empty()) word(o.name);
        list("(", o.variables, ")");
        all(o.directives);
        list("{", o.selections, "}");
    }
    void print(const ast::variable& v)
    {
        if (v.description) print(*v.description);
        mark("$");
        word(v.name);
        mark(":");
        print(v.type);
        print_default(v.default_value);
        all(v.directives);
    }
    void print(const ast::fragment& f)
    {
        if (f.description) print(*f.description);
        word("fragment");
        word(f.name);
        word("on");
        word(f.on.text);
        all(f.directives);
        list("{", f.selections, "}");
    }
    void print(const ast::selection& s)
    {
        if (s.kind == ast::selection_kind::field)
        {
            if (!s.alias.empty())
            {
                word(s.alias);
                mark(":");
            }
            word(s.name);
            list("(", s.arguments, ")");
        }
        else
        {
            mark("...");
            if (s.kind == ast::selection_kind::inline_fragment && !s.name.empty()) word("on");
            if (!s.name.empty()) word(s.name);
        }
        all(s.directives);
        list("{", s.selections, "}");
    }
    void print(const ast::argument& a)
    {
        word(a.name);
        mark(":");
        print(a.value);
    }
    void print(const ast::member& m)
    {
        word(m.name);
        mark(":");
        print(m.value);
    }
    void print(const ast::directive& d)
    {
        mark("@");
        word(d.name);
        list("(", d.arguments, ")");
    }
    void print(const ast::value& v)
    {
        switch (v.kind)
        {
            case ast::value_kind::variable: mark("$"); return word(v.text);
            case ast::value_kind::string: return print_string(v);
            case ast::value_kind::list:
                mark("[");
                all(v.items);
                return mark("]");
            case ast::value_kind::object:
                mark("{");
                all(v.members);
                return mark("}");
            default: return word(v.text);
        }
    }
    void print_string(const ast::value& v)
    {
        if (after_word_) out_ += ' ';
        if (v.block)
            append_compact_block(out_, v.text);
        else
            append_string(out_, v.text);
        after_word_ = true;
    }
    void print(const ast::type& t) { print_type(t.name, t.around); }
    void print_type(std::string_view name, wrapping around)
    {
        if (around.list())
        {
            mark("[");
            print_type(name, around.item());
            mark("]");
        }
        else
            word(name);
        if (around.non_null()) mark("!");
    }
    void print_default(const ast::value* value)
    {
        if (!value) return;
        mark("=");
        print(*value);
    }

    // Type definitions.
    static std::string_view word_of(ast::definition_kind kind)
    {
        static constexpr std::array<std::string_view, 10> words{"",          "",      "schema", "scalar", "type",
                                                                "interface", "union", "enum",   "input",  "directive"};
        return words[static_cast<std::size_t>(kind)];
    }
    void print(const ast::type_definition& t)
    {
        if (t.description) print(*t.description);
        if (t.extension) word("extend");
        word(word_of(t.kind));
        if (t.kind == ast::definition_kind::directive) return print_directive(t);
        if (!t.name.empty()) word(t.name);
        if (!t.interfaces.empty()) word("implements");
        names(t.interfaces, "&");
        all(t.directives);
        if (!t.members.empty()) mark("=");
        names(t.members, "|");
        list("{", t.root_types, "}");
        list("{", t.fields, "}");
        list("{", t.values, "}");
        list("{", t.inputs, "}");
    }
    void print_directive(const ast::type_definition& d)
    {
        mark("@");
        word(d.name);
        list("(", d.inputs, ")");
        if (d.repeatable) word("repeatable");
        word("on");
        names(d.members, "|");
    }
    void print(const ast::root_type& r)
    {
        word(name_of(r.kind));
        mark(":");
        word(r.type.text);
    }
    void print(const ast::field& f)
    {
        if (f.description) print(*f.description);
        word(f.name);
        list("(", f.arguments, ")");
        mark(":");
        print(f.type);
        all(f.directives);
    }
    void print(const ast::input_value& v)
    {
        if (v.description) print(*v.description);
        word(v.name);
        mark(":");
        print(v.type);
        print_default(v.default_value);
        all(v.directives);
    }
    void print(const ast::enum_value& v)
    {
        if (v.description) print(*v.description);
        word(v.name);
        all(v.directives);
    }

    std::string out_;
    bool after_word_ = false;
};

void append_value(std::string& out, const ast::value& v)
{
    const auto commas = [&](const auto& items, auto&& each) {
        for (bool first = true; const auto& i : items)
        {
            if (!std::exchange(first, false)) out += ", ";
            each(i);
        }
    };
    switch (v.kind)
    {
        case ast::value_kind::variable: out += '$'; break;
        case ast::value_kind::string: return append_string(out, v.text);
        case ast::value_kind::list:
            out += '[';
            commas(v.items, [&](const ast::value& i) { append_value(out, i); });
            out += ']';
            return;
        case ast::value_kind::object:
            out += '{';
            commas(v.members, [&](const ast::member& m) {
                out += m.name;
                out += ": ";
                append_value(out, m.value);
            });
            out += '}';
            return;
        default: break;
    }
    out += v.text;
}

}  // namespace

std::string print_compact(const document& d)
{
    compact c;
    c.print(d);
    return c.take();
}

std::string print(const ast::value& v)
{
    std::string out;
    append_value(out, v);
    return out;
}

}  // namespace roost::graphql
