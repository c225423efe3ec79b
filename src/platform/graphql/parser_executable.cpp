#include "platform/graphql/descent.hpp"

namespace roost::graphql {

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

}  // namespace roost::graphql
