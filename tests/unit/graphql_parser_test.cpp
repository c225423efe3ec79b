#include <gtest/gtest.h>

#include "platform/graphql/parser.hpp"
#include "platform/graphql/printer.hpp"
#include "unit/graphql_vectors.hpp"

namespace roost::graphql {
namespace {

TEST(graphql_parser, agrees_with_the_reference_implementation)
{
    std::size_t count = 0;
    const auto suite = read_vectors("syntax");
    for (const auto& vector : suite.at("vectors").as_array())
    {
        const auto& v = vector.as_object();
        const auto& expect = v.at("expect").as_object();
        SCOPED_TRACE(text(v, "name"));
        const auto parsed = parse(text(v, "query"));
        ++count;
        if (parsed)
            EXPECT_EQ(print_compact(**parsed), text(expect, "printed"));
        else
            EXPECT_EQ(places_of(std::vector{parsed.error()}), places_of(expect)) << parsed.error().message;
        EXPECT_EQ(parsed.has_value(), expect.at("valid").as_bool());
    }
    EXPECT_GE(count, 70U);
}

std::string_view why(std::string source, const parse_limits& limits)
{
    const auto parsed = parse(std::move(source), limits);
    return parsed ? std::string_view{} : parsed.error().code;
}

std::string repeated(std::string_view part, std::size_t times)
{
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
}

TEST(graphql_parser, takes_as_many_tokens_as_it_is_told)
{
    EXPECT_EQ(why("{ a b c }", {.tokens = 5}), "");
    EXPECT_EQ(why("{ a b c d }", {.tokens = 5}), code::too_many_tokens);
    EXPECT_EQ(why('{' + repeated("a ", 500) + '}', {.tokens = 5}), code::too_many_tokens);
    EXPECT_EQ((*parse("{ a(b: [1, 2]) }"))->tokens(), 11U);
}

TEST(graphql_parser, refuses_brackets_that_are_nested_too_deep)
{
    const auto fields = [](std::size_t n) { return repeated("{a", n) + repeated("}", n); };
    const auto lists = [](std::size_t n) { return "{a(b:" + repeated("[", n) + repeated("]", n) + ")}"; };
    const auto objects = [](std::size_t n) { return "{a(b:" + repeated("{c:", n) + '1' + repeated("}", n) + ")}"; };
    const auto types = [](std::size_t n) {
        return "query(" + ("$a:" + repeated("[", n)) + "Int" + repeated("]", n) + "){a}";
    };
    const parse_limits ten{.nesting = 10};
    EXPECT_EQ(why(fields(10), ten), "");
    EXPECT_EQ(why(fields(11), ten), code::too_nested);
    EXPECT_EQ(why(lists(9), ten), "");
    EXPECT_EQ(why(lists(10), ten), code::too_nested);
    EXPECT_EQ(why(objects(9), ten), "");
    EXPECT_EQ(why(objects(10), ten), code::too_nested);
    EXPECT_EQ(why(types(10), ten), "");
    EXPECT_EQ(why(types(11), ten), code::too_nested);
    EXPECT_EQ(why(types(40), {}), code::too_nested);
    for (const auto& deep : {fields(100'000), lists(100'000), objects(100'000), types(100'000)})
        EXPECT_EQ(why(deep, {}), code::too_nested);
}

TEST(graphql_parser, refuses_what_is_not_utf8)
{
    EXPECT_EQ(why("{ a(b: \"\xC3\") }", {}), code::syntax);
    EXPECT_EQ(why("# \xFF\n{ a }", {}), code::syntax);
    EXPECT_EQ(why("# \u00e9\n{ a }", {}), "");
}

TEST(graphql_parser, says_what_is_wrong_and_where)
{
    const auto e = parse("query {\n  a(b: ) }").error();
    EXPECT_EQ(e.message, "unexpected \")\"");
    EXPECT_EQ(e.locations, (std::vector{location{2, 8}}));
    EXPECT_EQ(e.code, code::syntax);
    EXPECT_EQ(parse("{ a ").error().message, "expected Name, found the end");
    EXPECT_EQ(parse("fragment on on T { a }").error().message, "unexpected \"on\"");
}

TEST(graphql_parser, gives_nodes_that_view_the_text)
{
    const auto d =
        *parse("query Q($v: [Int!]! = [1]) { a: b(c: {d: $v}) @e { ...F ... on T { g } } } fragment F on T { h }");
    const auto& o = *d->operation("Q");
    EXPECT_EQ(d->operation(""), &o);
    EXPECT_EQ(d->operation("R"), nullptr);
    EXPECT_EQ(type_text(o.variables[0].type.name, o.variables[0].type.around), "[Int!]!");
    EXPECT_EQ(o.variables[0].default_value->items.size(), 1U);
    const auto& b = o.selections[0];
    EXPECT_EQ(b.response_name(), "a");
    EXPECT_EQ(b.name, "b");
    EXPECT_EQ(b.arguments[0].value.members[0].value.kind, ast::value_kind::variable);
    EXPECT_EQ(b.directives[0].name, "e");
    EXPECT_EQ(d->fragment(b.selections[0].name)->on.text, "T");
    EXPECT_EQ(d->fragment("G"), nullptr);
    EXPECT_EQ(b.selections[1].kind, ast::selection_kind::inline_fragment);
    const auto text = d->source();
    EXPECT_TRUE(b.name.data() > text.data() && b.name.data() < text.data() + text.size());
}

TEST(graphql_parser, reads_values_and_types_alone)
{
    arena a;
    EXPECT_EQ(print(*parse_value("{ a: [1, \"b\", ENUM, null] }", a)), "{a: [1, \"b\", ENUM, null]}");
    EXPECT_FALSE(parse_value("1 2", a));
    EXPECT_FALSE(parse_value("$v", a));
    EXPECT_FALSE(parse_value("", a));
    const auto t = parse_type("[[Int]!]");
    ASSERT_TRUE(t);
    EXPECT_EQ(type_text(t->name, t->around), "[[Int]!]");
    EXPECT_FALSE(parse_type("[Int"));
    EXPECT_FALSE(parse_type("Int!!"));
}

}  // namespace
}  // namespace roost::graphql
