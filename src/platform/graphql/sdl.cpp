#include "platform/graphql/sdl.hpp"

#include <algorithm>
#include <format>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "platform/graphql/parser.hpp"
#include "platform/graphql/printer.hpp"
#include "platform/graphql/sdl_rules.hpp"

namespace roost::graphql {

namespace {

constexpr std::string_view default_reason = "No longer supported";

std::string text_of(const ast::value* description) { return description ? std::string{description->text} : std::string{}; }

const ast::value* argument_of(std::span<const ast::directive> directives, std::string_view directive,
                              std::string_view argument)
{
    const auto d = std::ranges::find(directives, directive, &ast::directive::name);
    if (d == directives.end()) return nullptr;
    const auto a = std::ranges::find(d->arguments, argument, &ast::argument::name);
    return a == d->arguments.end() ? nullptr : &a->value;
}

bool has(std::span<const ast::directive> directives, std::string_view name)
{
    return std::ranges::find(directives, name, &ast::directive::name) != directives.end();
}

std::optional<std::string> deprecation(std::span<const ast::directive> directives)
{
    if (!has(directives, "deprecated")) return std::nullopt;
    const auto* reason = argument_of(directives, "deprecated", "reason");
    return std::string{reason ? reason->text : default_reason};
}

type_kind kind_of(ast::definition_kind kind)
{
    switch (kind)
    {
        case ast::definition_kind::object: return type_kind::object;
        case ast::definition_kind::interface: return type_kind::interface;
        case ast::definition_kind::union_type: return type_kind::union_type;
        case ast::definition_kind::enumeration: return type_kind::enumeration;
        case ast::definition_kind::input_object: return type_kind::input_object;
        default: return type_kind::scalar;
    }
}

std::vector<definition::input_value> describe(std::span<const ast::input_value> inputs)
{
    std::vector<definition::input_value> out;
    for (const auto& i : inputs)
    {
        auto& v = out.emplace_back();
        v.name = i.name;
        v.type = type_text(i.type.name, i.type.around);
        v.description = text_of(i.description);
        if (i.default_value) v.default_value = print(*i.default_value);
        v.deprecated = deprecation(i.directives);
        v.at = i.at;
    }
    return out;
}

/// Adds what a definition or an extension says to the type.
void add(definition::named_type& to, const ast::type_definition& from)
{
    for (const auto& i : from.interfaces) to.interfaces.emplace_back(i.text);
    for (const auto& m : from.members) to.members.emplace_back(m.text);
    for (const auto& f : from.fields)
        to.fields.push_back({.name = std::string{f.name},
                             .type = type_text(f.type.name, f.type.around),
                             .description = text_of(f.description),
                             .arguments = describe(f.arguments),
                             .deprecated = deprecation(f.directives),
                             .at = f.at});
    for (const auto& v : from.values)
        to.values.push_back({.name = std::string{v.name},
                             .description = text_of(v.description),
                             .deprecated = deprecation(v.directives),
                             .at = v.at});
    std::ranges::move(describe(from.inputs), std::back_inserter(to.inputs));
    to.one_of = to.one_of || has(from.directives, "oneOf");
    if (const auto* url = argument_of(from.directives, "specifiedBy", "url")) to.specified_by = url->text;
}

definition::directive describe_directive(const ast::type_definition& from)
{
    definition::directive d{.name = std::string{from.name}, .locations = {}};
    for (const auto& m : from.members) d.locations.push_back(*directive_location_of(m.text));
    d.description = text_of(from.description);
    d.arguments = describe(from.inputs);
    d.repeatable = from.repeatable;
    d.at = from.at;
    return d;
}

void add_roots(definition::schema& to, const document& sdl)
{
    to.query.clear();
    bool defined = false;
    for (const auto& d : sdl.type_definitions())
    {
        if (d.kind != ast::definition_kind::schema) continue;
        if (!d.extension)
        {
            defined = true;
            to.description = text_of(d.description);
            to.at = d.at;
        }
        for (const auto& r : d.root_types)
        {
            std::string* const roots[] = {&to.query, &to.mutation, &to.subscription};
            *roots[static_cast<std::size_t>(r.kind)] = r.type.text;
        }
    }
    if (defined) return;
    for (const auto& t : to.types)
    {
        if (t.name == "Query" && to.query.empty()) to.query = t.name;
        if (t.name == "Mutation" && to.mutation.empty()) to.mutation = t.name;
        if (t.name == "Subscription" && to.subscription.empty()) to.subscription = t.name;
    }
}

// --- printing --------------------------------------------------------------------------------------------------------

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
        if (*why == default_reason) return;
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

std::expected<definition::schema, std::vector<error>> describe(const document& sdl)
{
    if (auto errors = check_sdl(sdl); !errors.empty()) return std::unexpected{std::move(errors)};
    definition::schema made;
    std::unordered_map<std::string_view, std::size_t> place;
    for (const auto& d : sdl.type_definitions())
    {
        if (d.kind == ast::definition_kind::directive) made.directives.push_back(describe_directive(d));
        if (d.kind == ast::definition_kind::directive || d.kind == ast::definition_kind::schema || d.extension) continue;
        place.emplace(d.name, made.types.size());
        auto& t = made.types.emplace_back(definition::named_type{.kind = kind_of(d.kind), .name = std::string{d.name}});
        t.description = text_of(d.description);
        t.at = d.at;
        add(t, d);
    }
    for (const auto& d : sdl.type_definitions())
        if (d.extension && d.kind != ast::definition_kind::schema) add(made.types[place.at(d.name)], d);
    add_roots(made, sdl);
    return made;
}

std::expected<schema_ptr, std::vector<error>> build_schema(std::string sdl)
{
    const auto parsed = parse(std::move(sdl));
    if (!parsed) return std::unexpected{std::vector{parsed.error()}};
    const auto described = describe(**parsed);
    if (!described) return std::unexpected{described.error()};
    return schema::build(*described, (*parsed)->source());
}

}  // namespace roost::graphql
