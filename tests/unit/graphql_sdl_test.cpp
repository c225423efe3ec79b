#include <gtest/gtest.h>

#include "platform/graphql/coercion.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/sdl.hpp"
#include "unit/graphql_vectors.hpp"

namespace roost::graphql {
namespace {

TEST(graphql_sdl, agrees_with_the_reference_implementation)
{
    std::size_t count = 0;
    const auto suite = read_vectors("sdl");
    for (const auto& vector : suite.at("vectors").as_array())
    {
        const auto& v = vector.as_object();
        const auto& expect = v.at("expect").as_object();
        SCOPED_TRACE(text(v, "name") + '\n' + text(v, "query"));
        const auto s = build_schema(text(v, "query"));
        EXPECT_EQ(s.has_value(), expect.at("valid").as_bool()) << (s ? "" : s.error().front().message);
        ++count;
        if (s) continue;
        EXPECT_EQ(rules_of(s.error()), rules_of(expect));
        if (text(expect, "phase") != "schema")
        {
            EXPECT_EQ(places_of(s.error()), places_of(expect));
        }
    }
    EXPECT_GE(count, 90U);
}

constexpr std::string_view printed = R"("""A place to stay."""
schema {
  query: Root
  mutation: Changes
}

"""
Says what a thing costs.

Twice.
"""
directive @cost(
  """How much."""
  amount: Int! = 1
  of: [String!]
) repeatable on FIELD_DEFINITION | OBJECT

directive @plain on FIELD

"""A day."""
scalar Date @specifiedBy(url: "https://example.org/\"date\"")

enum Color {
  """Like blood."""
  RED
  GREEN @deprecated

  """Like the sea."""
  BLUE @deprecated(reason: "gone")
}

interface Node {
  id: ID!
}

interface Named implements Node {
  id: ID!
  name(upper: Boolean = false, lower: Boolean): String
}

type Item implements Node & Named {
  """Opaque."""
  id: ID!

  """Says it."""
  name(
    """Loudly."""
    upper: Boolean = false

    """Softly."""
    lower: Boolean
  ): String
  old(was: Int @deprecated(reason: "x")): [[Color!]]! @deprecated
}

union Thing = Item | Root

input Filter {
  """At least."""
  min: Float = 1.5
  tags: [String!] = ["a", "b\\\"c"]
  color: Color = RED
  inner: Filter
  pick: Pick = {a: 1}
}

input Pick @oneOf {
  a: Int
  b: String
}

type Root {
  item(filter: Filter): Item
  things: [Thing]
}

type Changes {
  make(date: Date!): Item
}
)";

TEST(graphql_sdl, prints_a_schema_that_is_read_as_the_same)
{
    const auto s = build_schema(std::string{printed});
    ASSERT_TRUE(s) << s.error().front().message;
    EXPECT_EQ(print_schema(**s), printed);
}

TEST(graphql_sdl, keeps_descriptions_whatever_is_in_them)
{
    for (const std::string_view text :
         {"one line", "two\nlines", "  indented", "  both\n  indented", "ends with \"", "ends with \\",
          "has \"\"\" in it", "\nblank before", "blank after\n", "tab\tand \r return", "\u00e9"})
    {
        const definition::schema described{
            .description = std::string{text},
            .types = {{.kind = type_kind::object,
                       .name = "Query",
                       .description = std::string{text},
                       .fields = {{.name = "a", .type = "Int", .description = std::string{text}}}}}};
        const auto s = schema::build(described);
        ASSERT_TRUE(s);
        const auto sdl = print_schema(**s);
        const auto again = build_schema(sdl);
        ASSERT_TRUE(again) << sdl;
        EXPECT_EQ((*again)->description(), text) << sdl;
        EXPECT_EQ((*again)->query()->description(), text) << sdl;
        EXPECT_EQ((*again)->query()->field("a")->description, text) << sdl;
    }
}

TEST(graphql_sdl, puts_extensions_together)
{
    const auto s = build_schema(R"(
        extend type Query { b: Int }
        type Query { a: E }
        enum E { A }
        extend enum E { B }
        extend schema { mutation: M }
        type M { c: Int }
        schema { query: Query }
        interface I { b: Int }
        extend type Query implements I @deprecate
        directive @deprecate on OBJECT
    )");
    ASSERT_TRUE(s) << s.error().front().message;
    EXPECT_EQ((*s)->query()->fields().size(), 2U);
    EXPECT_EQ((*s)->type("E")->values().size(), 2U);
    EXPECT_EQ((*s)->mutation(), (*s)->type("M"));
    EXPECT_TRUE((*s)->query()->implements(*(*s)->type("I")));
}

TEST(graphql_sdl, says_what_is_wrong_with_a_described_schema)
{
    const auto faults = [](definition::schema described) {
        std::vector<std::string> out;
        if (const auto s = schema::build(described); !s)
            for (const auto& e : s.error()) out.push_back(e.message);
        return out;
    };
    const auto query = [](std::vector<definition::field> fields) {
        return definition::schema{.types = {{.kind = type_kind::object, .name = "Query", .fields = std::move(fields)}}};
    };
    using lines = std::vector<std::string>;
    EXPECT_EQ(faults({}), lines{"the schema refers to the type \"Query\", which there is not"});
    EXPECT_EQ(faults(query({{.name = "a", .type = "Nope!"}})),
              lines{"Query.a refers to the type \"Nope\", which there is not"});
    EXPECT_EQ(faults(query({{.name = "a", .type = "[Int"}})), lines{"Query.a: \"[Int\" is no type"});
    EXPECT_EQ(faults(query({{.name = "a b", .type = "Int"}})), lines{"Query: \"a b\" is no name"});
    EXPECT_EQ(faults(query({{.name = "a", .type = "Int"}, {.name = "a", .type = "Int"}})),
              lines{"Query has \"a\" twice"});
    EXPECT_EQ(faults(query(
                  {{.name = "a", .type = "Int", .arguments = {{.name = "n", .type = "Int", .default_value = "1 2"}}}})),
              lines{"Query.a: the default value 1 2 does not parse"});
    EXPECT_EQ(
        faults(query(
            {{.name = "a", .type = "Int", .arguments = {{.name = "n", .type = "Int", .default_value = "\"x\""}}}})),
        lines{"the default value of Query.a(n:) is no Int"});
    EXPECT_EQ(faults(query({{.name = "a", .type = "Int", .size = {.arguments = {"first"}, .sized = {}}}})),
              lines{"Query.a has no argument first to be sized by"});
    EXPECT_EQ(faults(query({{.name = "a", .type = "Int"}})), lines{});
}

TEST(graphql_sdl, finds_what_a_schema_has)
{
    const auto built = *build_schema(std::string{printed});
    const auto& s = *built;
    const auto& root = *s.query();
    EXPECT_EQ(s.type("Nope"), nullptr);
    EXPECT_EQ(s.find_field(root, "__typename"), &s.typename_field());
    EXPECT_EQ(s.find_field(root, "__schema"), &s.schema_field());
    EXPECT_EQ(s.find_field(*s.type("Item"), "__schema"), nullptr);
    EXPECT_EQ(s.find_field(*s.type("Thing"), "__typename"), &s.typename_field());
    EXPECT_EQ(s.find_field(*s.type("Item"), "old")->type.text(), "[[Color!]]!");
    EXPECT_TRUE(overlap(*s.type("Thing"), *s.type("Node")));
    EXPECT_FALSE(overlap(*s.type("Changes"), *s.type("Node")));
    EXPECT_TRUE(s.type("Named")->can_be(*s.type("Item")));
    EXPECT_TRUE(s.directive("skip")->allowed(directive_location::inline_fragment));
    EXPECT_FALSE(s.directive("skip")->allowed(directive_location::query));
    const auto& color = *s.type("Filter")->inputs().find("color");
    EXPECT_EQ(color.default_input->text, "RED");
    std::vector<bool> seen(s.field_count());
    for (const auto& t : s.types())
        for (const auto& f : t->fields())
        {
            EXPECT_FALSE(seen.at(f.index));
            seen[f.index] = true;
        }
}

TEST(graphql_sdl, knows_what_is_a_subtype_of_what)
{
    const auto built = *build_schema(std::string{printed});
    const auto type = [&](std::string_view text) { return built->resolve(*parse_type(text)); };
    const auto fits = [&](std::string_view part, std::string_view whole) {
        return schema::is_subtype(type(part), type(whole));
    };
    EXPECT_TRUE(fits("Item", "Item"));
    EXPECT_TRUE(fits("Item!", "Item"));
    EXPECT_FALSE(fits("Item", "Item!"));
    EXPECT_TRUE(fits("Item", "Thing"));
    EXPECT_TRUE(fits("Named", "Node"));
    EXPECT_FALSE(fits("Node", "Named"));
    EXPECT_TRUE(fits("[Item!]!", "[Node]"));
    EXPECT_FALSE(fits("Item", "[Item]"));
    EXPECT_FALSE(fits("[Item]", "Item"));
    EXPECT_FALSE(fits("Int", "Float"));
}

}  // namespace
}  // namespace roost::graphql
