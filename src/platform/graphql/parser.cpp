#include "platform/graphql/parser.hpp"

#include <limits>

#include "core/utf8.hpp"
#include "platform/graphql/descent.hpp"

namespace roost::graphql {

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

// --- documents -------------------------------------------------------------------------------------------------------

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
