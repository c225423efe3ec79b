#include <gtest/gtest.h>

#include "platform/graphql/parser.hpp"
#include "platform/graphql/printer.hpp"
#include "unit/graphql_vectors.hpp"

namespace roost::graphql {
namespace {

std::string compact(std::string source) { return print_compact(**parse(std::move(source))); }

TEST(graphql_printer, leaves_out_what_can_be_left_out)
{
    EXPECT_EQ(compact("query {\n  a\n}"), "{a}");
    EXPECT_EQ(compact("query Q ( $a : Int = 1 , $b : [ Int ! ] ) { x : y ( a : $a , b : $b ) ... on T { z } ... F }"),
              "query Q($a:Int=1$b:[Int!]){x:y(a:$a b:$b)...on T{z}...F}");
    EXPECT_EQ(compact("{ a(b: \"x\\n\\u00e9\", c: 1.50e3, d: [A, null, true]) }"),
              "{a(b:\"x\\n\u00e9\" c:1.50e3 d:[A null true])}");
    EXPECT_EQ(compact("# only a remark\n{ a, b }"), "{a b}");
}

TEST(graphql_printer, keeps_what_block_strings_mean)
{
    for (const std::string_view value : {"", "a", "a\n  b", "  a\nb", "a\n b\n c", "ends with \\", "ends with \"",
                                         "has \\\"\"\" in it", "\n", "a\n\n\nb"})
    {
        const auto d = *parse("{ a(b: \"\"\"" + std::string{value} + "\n\"\"\") }");
        const auto printed = print_compact(*d);
        const auto again = parse(printed);
        ASSERT_TRUE(again) << printed;
        EXPECT_EQ((*again)->operations()[0].selections[0].arguments[0].value.text,
                  d->operations()[0].selections[0].arguments[0].value.text)
            << printed;
    }
}

TEST(graphql_printer, gives_back_every_document_it_prints)
{
    std::size_t count = 0;
    for (const auto& name : {"syntax", "validation", "sdl"})
    {
        const auto suite = read_vectors(name);
        for (const auto& v : suite.at("vectors").as_array())
        {
            const auto d = parse(text(v.as_object(), "query"));
            if (!d) continue;
            const auto printed = print_compact(**d);
            const auto again = parse(printed);
            ASSERT_TRUE(again) << printed;
            EXPECT_EQ(print_compact(**again), printed);
            EXPECT_LE((*again)->tokens(), (*d)->tokens());
            ++count;
        }
    }
    EXPECT_GE(count, 300U);
}

TEST(graphql_printer, shows_values_as_introspection_does)
{
    arena a;
    const auto shown = [&](std::string_view text) { return print(*parse_value(text, a)); };
    EXPECT_EQ(shown("[1 2,3]"), "[1, 2, 3]");
    EXPECT_EQ(shown("{a:{b:\"x\"} c:ENUM}"), "{a: {b: \"x\"}, c: ENUM}");
    EXPECT_EQ(shown("\"\"\"a\n  \"b\" \"\"\""), "\"a\\n\\\"b\\\" \"");
    EXPECT_EQ(shown("[]"), "[]");
    EXPECT_EQ(shown("{}"), "{}");
}

}  // namespace
}  // namespace roost::graphql
