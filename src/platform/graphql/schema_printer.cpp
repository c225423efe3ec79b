#include <algorithm>
#include <format>
#include <utility>

#include "platform/graphql/printer.hpp"
#include "platform/graphql/sdl.hpp"

namespace roost::graphql {

namespace {

/// Whether a block string would give this text back.
bool fits_block(std::string_view text)
{
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    const auto control = [&](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; };
    if (text.empty() || std::ranges::any_of(text, control)) return text.empty();
    bool all_indented = true;
    std::string_view line;
    for (auto rest = text;;)
    {
        const auto end = std::min(rest.find('\n'), rest.size());
        line = rest.substr(0, end);
        const bool is_blank = std::ranges::all_of(line, blank);
        if (is_blank && line.data() == text.data()) return false;
        if (!is_blank && !blank(line.front())) all_indented = false;
        if (end == rest.size()) break;
        rest.remove_prefix(end + 1);
    }
    return !std::ranges::all_of(line, blank) && !(all_indented && text.contains('\n'));
}

class printer
{
public:
    std::string print(const schema& s)
    {
        print_roots(s);
        for (const auto& d : s.directives())
            if (!d.built_in) print(d);
        for (const auto& t : s.types())
            if (!t->built_in()) print(*t);
        return std::move(out_);
    }

private:
    static constexpr std::string_view indent = "  ";

    void begin()
    {
        if (!out_.empty()) out_ += '\n';
    }

    void describe(std::string_view text, std::string_view before)
    {
        if (text.empty()) return;
        out_ += before;
        if (fits_block(text))
            append_block(out_, text, before);
        else
            append_string(out_, text);
        out_ += '\n';
    }

    static bool conventional(const schema& s)
    {
        return s.query() == s.type("Query") && s.mutation() == s.type("Mutation")
               && s.subscription() == s.type("Subscription");
    }

    void print_roots(const schema& s)
    {
        if (s.description().empty() && conventional(s)) return;
        describe(s.description(), {});
        out_ += "schema {\n";
        for (const auto kind : {operation_kind::query, operation_kind::mutation, operation_kind::subscription})
            if (const auto* root = s.root(kind)) out_ += std::format("  {}: {}\n", name_of(kind), root->name());
        out_ += "}\n";
    }

    void deprecated(const std::optional<std::string>& why)
    {
        if (!why) return;
        out_ += " @deprecated";
        if (*why == default_deprecation) return;
        out_ += "(reason: ";
        append_string(out_, *why);
        out_ += ')';
    }

    void print(const input_value& v)
    {
        out_ += std::format("{}: {}", v.name, v.type.text());
        if (v.default_value) out_ += " = " + graphql::print(*v.default_value);
        deprecated(v.deprecated);
    }

    void print_arguments(const input_values& arguments, std::string_view before)
    {
        if (arguments.empty()) return;
        const bool lines = std::ranges::any_of(arguments, [](const auto& a) { return !a.description.empty(); });
        const auto deeper = std::string{before} + std::string{indent};
        out_ += '(';
        for (bool first = true; const auto& a : arguments)
        {
            if (lines)
            {
                out_ += first || a.description.empty() ? "\n" : "\n\n";
                describe(a.description, deeper);
                out_ += deeper;
            }
            else if (!first)
                out_ += ", ";
            first = false;
            print(a);
        }
        if (lines) out_ += '\n' + std::string{before};
        out_ += ')';
    }

    template <class T>
    void block(const T& items, auto&& each)
    {
        out_ += " {\n";
        for (bool first = true; const auto& i : items)
        {
            if (!first && !i.description.empty()) out_ += '\n';
            first = false;
            describe(i.description, indent);
            out_ += indent;
            each(i);
            out_ += '\n';
        }
        out_ += '}';
    }

    void print(const directive& d)
    {
        begin();
        describe(d.description, {});
        out_ += "directive @" + d.name;
        print_arguments(d.arguments, {});
        out_ += d.repeatable ? " repeatable on " : " on ";
        for (bool first = true; const auto where : d.locations)
        {
            if (!std::exchange(first, false)) out_ += " | ";
            out_ += name_of(where);
        }
        out_ += '\n';
    }

    void names(std::string_view before, std::span<const named_type* const> types, std::string_view between)
    {
        for (bool first = true; const auto* t : types)
        {
            out_ += std::exchange(first, false) ? before : between;
            out_ += t->name();
        }
    }

    void print(const named_type& t)
    {
        begin();
        describe(t.description(), {});
        switch (t.kind())
        {
            case type_kind::scalar:
                out_ += "scalar " + t.name();
                print_specified_by(t);
                break;
            case type_kind::object:
            case type_kind::interface:
                out_ += (t.kind() == type_kind::object ? "type " : "interface ") + t.name();
                names(" implements ", t.interfaces(), " & ");
                block(t.fields(), [&](const field& f) {
                    out_ += f.name;
                    print_arguments(f.arguments, indent);
                    out_ += ": " + f.type.text();
                    deprecated(f.deprecated);
                });
                break;
            case type_kind::union_type:
                out_ += "union " + t.name();
                names(" = ", t.members(), " | ");
                break;
            case type_kind::enumeration:
                out_ += "enum " + t.name();
                block(t.values(), [&](const enum_value& v) {
                    out_ += v.name;
                    deprecated(v.deprecated);
                });
                break;
            case type_kind::input_object:
                out_ += "input " + t.name() + (t.one_of() ? " @oneOf" : "");
                block(t.inputs(), [&](const input_value& v) { print(v); });
                break;
        }
        out_ += '\n';
    }

    void print_specified_by(const named_type& t)
    {
        if (!t.specified_by()) return;
        out_ += " @specifiedBy(url: ";
        append_string(out_, *t.specified_by());
        out_ += ')';
    }

    std::string out_;
};

}  // namespace

std::string print_schema(const schema& s) { return printer{}.print(s); }

}  // namespace roost::graphql
