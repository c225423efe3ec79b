#include "platform/graphql/descent.hpp"
#include "platform/graphql/type_system.hpp"

namespace roost::graphql {

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

}  // namespace roost::graphql
