#include "platform/graphql/parser.hpp"

#include <format>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "core/utf8.hpp"
#include "platform/graphql/lexer.hpp"
#include "platform/graphql/type_system.hpp"

namespace roost::graphql {

/// Recursive descent with one token in hand. The first error sticks: from then on the token in hand is the end, which
/// ends every loop, and what is returned means nothing.
class parser
{
public:
    parser(std::string_view text, arena& nodes, const parse_limits& limits)
        : text_{text}, arena_{nodes}, lexer_{text, nodes}, limits_{limits}
    {
        advance();
    }

    static std::expected<document_ptr, error> run(std::string source, const parse_limits& limits);

    ast::value whole_value()
    {
        auto value = parse_value(true);
        expect(token_kind::end);
        return value;
    }
    ast::type whole_type()
    {
        auto type = parse_type();
        expect(token_kind::end);
        return type;
    }

    bool failed() const { return !message_.empty(); }
    error failure() const { return {.message = message_, .code = code_, .locations = {locate(text_, error_at_)}}; }

private:
    void fill(document& d);

    // Tokens.
    void advance();
    bool at(token_kind kind) const { return token_.kind == kind; }
    bool at_string() const { return at(token_kind::string) || at(token_kind::block_string); }
    bool at_keyword(std::string_view word) const { return at(token_kind::name) && token_.text == word; }
    bool take(token_kind kind);
    bool take_keyword(std::string_view word);
    void expect(token_kind kind);
    void expect_keyword(std::string_view word);
    std::string_view take_name();
    void fail(std::uint32_t at, std::string message, std::string_view code = code::syntax);
    void unexpected(const token& t);
    void unexpected() { unexpected(token_); }
    std::string shown(const token& t) const;

    // Lists. Items are gathered on a stack of their type and copied to the arena when the list ends.
    template <class T, class Item>
    std::span<const T> gather(Item&& item, auto&& more)
    {
        const auto from = stack<T>().size();
        while (!failed() && more())
        {
            T value = item();
            stack<T>().push_back(value);
        }
        const auto items = arena_.copy(std::span<const T>{stack<T>()}.subspan(from));
        stack<T>().resize(from);
        return items;
    }
    /// Any number of items, then `close`.
    template <class T, class Item>
    std::span<const T> until(token_kind close, Item&& item)
    {
        return gather<T>(item, [&] { return !take(close); });
    }
    /// Nothing, or one item or more between `open` and `close`.
    template <class T, class Item>
    std::span<const T> optional_list(token_kind open, token_kind close, Item&& item)
    {
        if (!take(open)) return {};
        if (at(close)) unexpected();
        return until<T>(close, item);
    }
    template <class T, class Item>
    std::span<const T> delimited(token_kind delimiter, Item&& item)
    {
        take(delimiter);
        bool first = true;
        return gather<T>(item, [&] { return std::exchange(first, false) || take(delimiter); });
    }
    template <class T>
    std::vector<T>& stack()
    {
        return std::get<std::vector<T>>(stacks_);
    }

    // Values and types.
    ast::value parse_value(bool constant);
    ast::value parse_keyword_value();
    ast::value parse_variable(bool constant);
    ast::value take_token_value(ast::value_kind kind);
    ast::type parse_type();
    ast::name parse_named();
    std::span<const ast::argument> parse_arguments(bool constant);
    std::span<const ast::directive> parse_directives(bool constant);
    const ast::value* parse_description();

    // Executable definitions.
    void parse_definition();
    void parse_keyword_definition();
    operation_kind parse_operation_kind();
    ast::operation parse_operation();
    ast::variable parse_variable_definition();
    std::span<const ast::selection> parse_selections();
    ast::selection parse_selection();
    ast::selection parse_spread();
    ast::fragment parse_fragment();
    std::string_view parse_fragment_name();

    // Type definitions.
    ast::type_definition parse_type_definition(ast::definition_kind kind, bool extension = false);
    void parse_type_body(ast::type_definition& type);
    void parse_directive_definition(ast::type_definition& directive);
    void parse_extension();
    static bool adds_something(const ast::type_definition& extension);
    ast::root_type parse_root_type();
    ast::field parse_field_definition();
    ast::enum_value parse_enum_value();
    ast::input_value parse_input_value();
    ast::name parse_directive_location();

    template <class T>
    void keep(ast::definition_kind kind, const T& definition)
    {
        stack<ast::definition>().push_back(
            {.kind = kind, .index = static_cast<std::uint32_t>(stack<T>().size()), .at = definition.at});
        stack<T>().push_back(definition);
    }

    /// One level of brackets, for as long as it lives.
    struct level
    {
        explicit level(parser& p) : p_{p}
        {
            if (++p_.nesting_ > p_.limits_.nesting)
                p_.fail(p_.token_.at, std::format("brackets are nested more than {} deep", p_.limits_.nesting),
                        code::too_nested);
        }
        ~level() { --p_.nesting_; }
        level(const level&) = delete;
        level& operator=(const level&) = delete;
        parser& p_;
    };

    std::string_view text_;
    arena& arena_;
    lexer lexer_;
    const parse_limits& limits_;
    token token_, last_;
    std::size_t tokens_ = 0, nesting_ = 0;
    std::string message_;
    std::string_view code_;
    std::uint32_t error_at_ = 0;
    std::tuple<std::vector<ast::value>, std::vector<ast::member>, std::vector<ast::argument>,
               std::vector<ast::directive>, std::vector<ast::selection>, std::vector<ast::variable>,
               std::vector<ast::operation>, std::vector<ast::fragment>, std::vector<ast::type_definition>,
               std::vector<ast::definition>, std::vector<ast::name>, std::vector<ast::field>,
               std::vector<ast::input_value>, std::vector<ast::enum_value>, std::vector<ast::root_type>>
        stacks_;
};

// --- tokens ----------------------------------------------------------------------------------------------------------

void parser::advance()
{
    last_ = token_;
    token_ = lexer_.next();
    if (lexer_.failed()) return fail(lexer_.error_at(), lexer_.error());
    if (token_.kind != token_kind::end && ++tokens_ > limits_.tokens)
        fail(token_.at, std::format("the document has more than {} tokens", limits_.tokens), code::too_many_tokens);
}

void parser::fail(std::uint32_t at, std::string message, std::string_view code)
{
    if (failed()) return;
    message_ = shortened(std::move(message));
    code_ = code;
    error_at_ = at;
    token_ = {.kind = token_kind::end, .at = at, .end = at};
}

std::string parser::shown(const token& t) const
{
    switch (t.kind)
    {
        case token_kind::name: return std::format("\"{}\"", t.text);
        case token_kind::integer:
        case token_kind::floating: return std::string{t.text};
        case token_kind::string:
        case token_kind::block_string: return "a string";
        case token_kind::end: return "the end";
        default: return std::format("\"{}\"", name_of(t.kind));
    }
}

void parser::unexpected(const token& t) { fail(t.at, std::format("unexpected {}", shown(t))); }

bool parser::take(token_kind kind)
{
    if (!at(kind) || failed()) return false;
    advance();
    return true;
}

bool parser::take_keyword(std::string_view word)
{
    if (!at_keyword(word)) return false;
    advance();
    return true;
}

void parser::expect(token_kind kind)
{
    if (at(kind) && !failed())
    {
        if (kind != token_kind::end) advance();
        return;
    }
    const bool plain = kind >= token_kind::name || kind == token_kind::end;
    fail(token_.at,
         std::format("expected {}{}{}, found {}", plain ? "" : "\"", name_of(kind), plain ? "" : "\"", shown(token_)));
}

void parser::expect_keyword(std::string_view word)
{
    if (!take_keyword(word)) fail(token_.at, std::format("expected \"{}\", found {}", word, shown(token_)));
}

std::string_view parser::take_name()
{
    const auto name = token_.text;
    expect(token_kind::name);
    return name;
}

// --- values and types ------------------------------------------------------------------------------------------------

ast::value parser::take_token_value(ast::value_kind kind)
{
    ast::value value{.kind = kind, .block = at(token_kind::block_string), .at = token_.at, .text = token_.text};
    advance();
    return value;
}

ast::value parser::parse_keyword_value()
{
    if (token_.text == "true" || token_.text == "false") return take_token_value(ast::value_kind::boolean);
    if (token_.text == "null") return take_token_value(ast::value_kind::null);
    return take_token_value(ast::value_kind::enumeration);
}

ast::value parser::parse_variable(bool constant)
{
    const auto dollar = token_;
    advance();
    if (constant)
    {
        if (at(token_kind::name))
            fail(dollar.at, std::format("unexpected variable \"${}\" in a constant", token_.text));
        unexpected(dollar);
    }
    return {.kind = ast::value_kind::variable, .at = dollar.at, .text = take_name()};
}

ast::value parser::parse_value(bool constant)
{
    switch (token_.kind)
    {
        case token_kind::integer: return take_token_value(ast::value_kind::integer);
        case token_kind::floating: return take_token_value(ast::value_kind::floating);
        case token_kind::string:
        case token_kind::block_string: return take_token_value(ast::value_kind::string);
        case token_kind::name: return parse_keyword_value();
        case token_kind::dollar: return parse_variable(constant);
        case token_kind::bracket_open: {
            const level here{*this};
            ast::value list{.kind = ast::value_kind::list, .at = token_.at};
            take(token_kind::bracket_open);
            list.items = until<ast::value>(token_kind::bracket_close, [&] { return parse_value(constant); });
            return list;
        }
        case token_kind::brace_open: {
            const level here{*this};
            ast::value object{.kind = ast::value_kind::object, .at = token_.at};
            take(token_kind::brace_open);
            object.members = until<ast::member>(token_kind::brace_close, [&] {
                ast::member m{.at = token_.at, .name = take_name(), .value = {}};
                expect(token_kind::colon);
                m.value = parse_value(constant);
                return m;
            });
            return object;
        }
        default: unexpected(); return {};
    }
}

ast::type parser::parse_type()
{
    ast::type type;
    const auto start = token_.at;
    if (take(token_kind::bracket_open))
    {
        const level here{*this};
        type = parse_type();
        expect(token_kind::bracket_close);
        if (type.around.full())
            fail(start, "lists of lists are nested too deep", code::too_nested);
        else
            type.around = type.around.in_list();
    }
    else
    {
        type.name_at = token_.at;
        type.name = take_name();
    }
    type.at = start;
    if (!take(token_kind::bang)) return type;
    if (type.around.full())
        fail(start, "lists of lists are nested too deep", code::too_nested);
    else
        type.around = type.around.required();
    return type;
}

ast::name parser::parse_named()
{
    const auto at = token_.at;
    return {.at = at, .text = take_name()};
}

std::span<const ast::argument> parser::parse_arguments(bool constant)
{
    return optional_list<ast::argument>(token_kind::paren_open, token_kind::paren_close, [&] {
        ast::argument a{.at = token_.at, .name = take_name(), .value = {}};
        expect(token_kind::colon);
        a.value = parse_value(constant);
        return a;
    });
}

std::span<const ast::directive> parser::parse_directives(bool constant)
{
    if (!at(token_kind::at)) return {};
    return gather<ast::directive>(
        [&] {
            ast::directive d{.at = token_.at, .name = {}, .arguments = {}};
            expect(token_kind::at);
            d.name = take_name();
            d.arguments = parse_arguments(constant);
            return d;
        },
        [&] { return at(token_kind::at); });
}

const ast::value* parser::parse_description()
{
    return at_string() ? arena_.make(take_token_value(ast::value_kind::string)) : nullptr;
}

// --- executable definitions ------------------------------------------------------------------------------------------

operation_kind parser::parse_operation_kind()
{
    for (const auto kind : {operation_kind::query, operation_kind::mutation, operation_kind::subscription})
        if (take_keyword(name_of(kind))) return kind;
    if (at(token_kind::name))
        unexpected();
    else
        expect(token_kind::name);
    return {};
}

ast::operation parser::parse_operation()
{
    ast::operation o{.at = token_.at};
    if (!at(token_kind::brace_open))
    {
        o.description = parse_description();
        if (o.description && at(token_kind::brace_open)) fail(o.at, "a query without a keyword has no description");
        o.kind = parse_operation_kind();
        o.name_at = token_.at;
        if (at(token_kind::name)) o.name = take_name();
        o.variables = optional_list<ast::variable>(token_kind::paren_open, token_kind::paren_close,
                                                   [&] { return parse_variable_definition(); });
        o.directives = parse_directives(false);
    }
    o.selections_at = token_.at;
    o.selections = parse_selections();
    o.end = last_.end;
    return o;
}

ast::variable parser::parse_variable_definition()
{
    ast::variable v{.at = token_.at};
    v.description = parse_description();
    expect(token_kind::dollar);
    v.name_at = token_.at;
    v.name = take_name();
    expect(token_kind::colon);
    v.type = parse_type();
    if (take(token_kind::equals)) v.default_value = arena_.make(parse_value(true));
    v.directives = parse_directives(true);
    return v;
}

std::span<const ast::selection> parser::parse_selections()
{
    const level here{*this};
    expect(token_kind::brace_open);
    if (at(token_kind::brace_close)) unexpected();
    return until<ast::selection>(token_kind::brace_close, [&] { return parse_selection(); });
}

ast::selection parser::parse_selection()
{
    if (at(token_kind::spread)) return parse_spread();
    ast::selection field;
    field.at = field.name_at = token_.at;
    field.name = take_name();
    if (take(token_kind::colon))
    {
        field.alias = field.name;
        field.name_at = token_.at;
        field.name = take_name();
    }
    field.arguments = parse_arguments(false);
    field.directives = parse_directives(false);
    if (!at(token_kind::brace_open)) return field;
    field.selections_at = token_.at;
    field.selections = parse_selections();
    return field;
}

ast::selection parser::parse_spread()
{
    ast::selection s;
    s.at = token_.at;
    expect(token_kind::spread);
    const bool on = take_keyword("on");
    s.name_at = token_.at;
    if (!on && at(token_kind::name))
    {
        s.kind = ast::selection_kind::spread;
        s.name = take_name();
        s.directives = parse_directives(false);
        return s;
    }
    s.kind = ast::selection_kind::inline_fragment;
    if (on) s.name = take_name();
    s.directives = parse_directives(false);
    s.selections_at = token_.at;
    s.selections = parse_selections();
    return s;
}

std::string_view parser::parse_fragment_name()
{
    if (at_keyword("on")) unexpected();
    return take_name();
}

ast::fragment parser::parse_fragment()
{
    ast::fragment f;
    f.at = token_.at;
    f.description = parse_description();
    expect_keyword("fragment");
    f.name_at = token_.at;
    f.name = parse_fragment_name();
    expect_keyword("on");
    f.on = parse_named();
    f.directives = parse_directives(false);
    f.selections_at = token_.at;
    f.selections = parse_selections();
    f.end = last_.end;
    return f;
}

// --- type definitions ------------------------------------------------------------------------------------------------

namespace {

struct keyword
{
    std::string_view word;
    ast::definition_kind kind;
};

constexpr keyword type_keywords[] = {
    {"schema", ast::definition_kind::schema},
    {"scalar", ast::definition_kind::scalar},
    {"type", ast::definition_kind::object},
    {"interface", ast::definition_kind::interface},
    {"union", ast::definition_kind::union_type},
    {"enum", ast::definition_kind::enumeration},
    {"input", ast::definition_kind::input_object},
    {"directive", ast::definition_kind::directive},
    {"query", ast::definition_kind::operation},
    {"mutation", ast::definition_kind::operation},
    {"subscription", ast::definition_kind::operation},
    {"fragment", ast::definition_kind::fragment},
};

const keyword* keyword_of(const token& t)
{
    if (t.kind != token_kind::name) return nullptr;
    for (const auto& k : type_keywords)
        if (k.word == t.text) return &k;
    return nullptr;
}

}  // namespace

void parser::parse_definition()
{
    if (at(token_kind::brace_open)) return keep(ast::definition_kind::operation, parse_operation());
    if (!at_string()) return parse_keyword_definition();
    // What is described comes behind: a look ahead by a lexer of its own.
    auto ahead = lexer_;
    const auto what = ahead.next();
    if (!ahead.failed() && what.kind == token_kind::name && !keyword_of(what))
        return fail(token_.at, std::format("unexpected description before {}", shown(what)));
    if (const auto* k = keyword_of(what); k && k->kind == ast::definition_kind::fragment)
        return keep(k->kind, parse_fragment());
    else if (k && k->kind != ast::definition_kind::operation)
        return keep(k->kind, parse_type_definition(k->kind));
    else if (k || what.kind == token_kind::brace_open)
        return keep(ast::definition_kind::operation, parse_operation());
    advance();
    unexpected();
}

void parser::parse_keyword_definition()
{
    const auto* k = keyword_of(token_);
    if (!k) return at_keyword("extend") ? parse_extension() : unexpected();
    switch (k->kind)
    {
        case ast::definition_kind::operation: return keep(k->kind, parse_operation());
        case ast::definition_kind::fragment: return keep(k->kind, parse_fragment());
        default: return keep(k->kind, parse_type_definition(k->kind));
    }
}

void parser::parse_extension()
{
    advance();
    const auto* k = keyword_of(token_);
    if (!k || k->kind == ast::definition_kind::operation || k->kind == ast::definition_kind::fragment
        || k->kind == ast::definition_kind::directive)
        return unexpected();
    const auto extension = parse_type_definition(k->kind, true);
    if (!adds_something(extension)) return unexpected();
    keep(k->kind, extension);
}

bool parser::adds_something(const ast::type_definition& e)
{
    return !e.directives.empty() || !e.interfaces.empty() || !e.fields.empty() || !e.members.empty()
           || !e.values.empty() || !e.inputs.empty() || !e.root_types.empty();
}

ast::type_definition parser::parse_type_definition(ast::definition_kind kind, bool extension)
{
    ast::type_definition t;
    t.kind = kind;
    t.extension = extension;
    t.at = extension ? last_.at : token_.at;
    t.description = parse_description();
    advance();  // the word of `kind`, which the caller has seen
    if (kind == ast::definition_kind::directive)
    {
        parse_directive_definition(t);
        return t;
    }
    if (kind != ast::definition_kind::schema)
    {
        t.name_at = token_.at;
        t.name = take_name();
        if (take_keyword("implements"))
        {
            if (kind != ast::definition_kind::object && kind != ast::definition_kind::interface)
                fail(last_.at, "unexpected \"implements\"");
            t.interfaces = delimited<ast::name>(token_kind::ampersand, [&] { return parse_named(); });
        }
    }
    t.directives = parse_directives(true);
    if (kind == ast::definition_kind::schema && !extension && !at(token_kind::brace_open))
        expect(token_kind::brace_open);
    parse_type_body(t);
    return t;
}

void parser::parse_type_body(ast::type_definition& t)
{
    constexpr auto open = token_kind::brace_open, close = token_kind::brace_close;
    switch (t.kind)
    {
        case ast::definition_kind::schema:
            t.root_types = optional_list<ast::root_type>(open, close, [&] { return parse_root_type(); });
            break;
        case ast::definition_kind::object:
        case ast::definition_kind::interface:
            t.fields = optional_list<ast::field>(open, close, [&] { return parse_field_definition(); });
            break;
        case ast::definition_kind::union_type:
            if (take(token_kind::equals))
                t.members = delimited<ast::name>(token_kind::pipe, [&] { return parse_named(); });
            break;
        case ast::definition_kind::enumeration:
            t.values = optional_list<ast::enum_value>(open, close, [&] { return parse_enum_value(); });
            break;
        case ast::definition_kind::input_object:
            t.inputs = optional_list<ast::input_value>(open, close, [&] { return parse_input_value(); });
            break;
        default: break;
    }
}

ast::root_type parser::parse_root_type()
{
    ast::root_type r{.at = token_.at};
    r.kind = parse_operation_kind();
    expect(token_kind::colon);
    r.type = parse_named();
    return r;
}

ast::field parser::parse_field_definition()
{
    ast::field f;
    f.at = token_.at;
    f.description = parse_description();
    f.name_at = token_.at;
    f.name = take_name();
    f.arguments = optional_list<ast::input_value>(token_kind::paren_open, token_kind::paren_close,
                                                  [&] { return parse_input_value(); });
    expect(token_kind::colon);
    f.type = parse_type();
    f.directives = parse_directives(true);
    return f;
}

ast::enum_value parser::parse_enum_value()
{
    ast::enum_value v;
    v.at = token_.at;
    v.description = parse_description();
    v.name_at = token_.at;
    if (at_keyword("true") || at_keyword("false") || at_keyword("null"))
        fail(token_.at, std::format("{} is reserved and no value of an enum", shown(token_)));
    v.name = take_name();
    v.directives = parse_directives(true);
    return v;
}

ast::input_value parser::parse_input_value()
{
    ast::input_value v;
    v.at = token_.at;
    v.description = parse_description();
    v.name_at = token_.at;
    v.name = take_name();
    expect(token_kind::colon);
    v.type = parse_type();
    if (take(token_kind::equals)) v.default_value = arena_.make(parse_value(true));
    v.directives = parse_directives(true);
    return v;
}

ast::name parser::parse_directive_location()
{
    const auto where = token_;
    const auto name = parse_named();
    if (!failed() && !directive_location_of(name.text)) unexpected(where);
    return name;
}

void parser::parse_directive_definition(ast::type_definition& d)
{
    expect(token_kind::at);
    d.name_at = token_.at;
    d.name = take_name();
    d.inputs = optional_list<ast::input_value>(token_kind::paren_open, token_kind::paren_close,
                                               [&] { return parse_input_value(); });
    d.repeatable = take_keyword("repeatable");
    expect_keyword("on");
    d.members = delimited<ast::name>(token_kind::pipe, [&] { return parse_directive_location(); });
}

// --- documents -------------------------------------------------------------------------------------------------------

void parser::fill(document& d)
{
    do parse_definition();
    while (!failed() && !at(token_kind::end));
    d.definitions_ = arena_.copy(std::span<const ast::definition>{stack<ast::definition>()});
    d.operations_ = arena_.copy(std::span<const ast::operation>{stack<ast::operation>()});
    d.fragments_ = arena_.copy(std::span<const ast::fragment>{stack<ast::fragment>()});
    d.type_definitions_ = arena_.copy(std::span<const ast::type_definition>{stack<ast::type_definition>()});
    d.tokens_ = tokens_;
    d.index_fragments();
}

std::expected<document_ptr, error> parser::run(std::string source, const parse_limits& limits)
{
    if (source.size() > std::numeric_limits<std::uint32_t>::max())
        return std::unexpected{
            error{.message = "the document is too long", .code = code::too_many_tokens, .locations = {}}};
    if (!is_utf8(source))
        return std::unexpected{error{.message = "the document is not UTF-8", .code = code::syntax, .locations = {}}};
    const auto guess = std::min<std::size_t>(source.size() * 6, std::size_t{1} << 16);
    std::shared_ptr<document> d{new document{std::move(source), guess}};
    parser p{d->source_, d->arena_, limits};
    if (!p.failed()) p.fill(*d);
    if (p.failed()) return std::unexpected{p.failure()};
    return d;
}

std::expected<document_ptr, error> parse(std::string source, const parse_limits& limits)
{
    return parser::run(std::move(source), limits);
}

std::expected<ast::value, error> parse_value(std::string_view text, arena& into)
{
    const parse_limits limits;
    parser p{text, into, limits};
    auto value = p.whole_value();
    if (p.failed()) return std::unexpected{p.failure()};
    return value;
}

std::expected<ast::type, error> parse_type(std::string_view text)
{
    const parse_limits limits;
    arena none;
    parser p{text, none, limits};
    auto type = p.whole_type();
    if (p.failed()) return std::unexpected{p.failure()};
    return type;
}

}  // namespace roost::graphql
