#include <gtest/gtest.h>

#include <format>

#include "platform/graphql/limits.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/graphql/validation.hpp"

namespace roost::graphql {
namespace {

std::string repeated(std::string_view part, std::size_t times)
{
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
}

/// The code of the limit that a document is above; empty when it is above none.
std::string_view refused(std::string source, const query_limits& limits = {})
{
    const auto e = check_shape(**parse(std::move(source)), limits);
    return e ? e->code : std::string_view{};
}

TEST(graphql_limits, bound_the_depth)
{
    const auto nested = [](std::size_t n) { return '{' + repeated("a{", n - 1) + 'a' + repeated("}", n); };
    const query_limits three{.depth = 3};
    EXPECT_EQ(refused(nested(3), three), "");
    EXPECT_EQ(refused(nested(4), three), code::too_deep);
    EXPECT_EQ(refused(nested(150), three), code::too_deep);
    EXPECT_EQ(refused("{ a { ...F } } fragment F on T { b { c } }", three), "");
    EXPECT_EQ(refused("{ a { ...F } } fragment F on T { b { c { d } } }", three), code::too_deep);
    EXPECT_EQ(refused("{ ... { ... { a { ... on T { b { c } } } } } }", three), "");
}

TEST(graphql_limits, bound_the_depth_of_introspection_apart)
{
    const query_limits limits{.depth = 2, .introspection_depth = 4};
    EXPECT_EQ(refused("{ __schema { a { b { c } } } x { y } }", limits), "");
    EXPECT_EQ(refused("{ __schema { a { b { c { d } } } } }", limits), code::too_deep);
    EXPECT_EQ(refused("{ ...F } fragment F on Query { __type(name: \"T\") { a { b { c } } } }", limits), "");
    EXPECT_EQ(refused("{ x { y { z } } }", limits), code::too_deep);
}

TEST(graphql_limits, bound_aliases_root_fields_directives_and_fields)
{
    EXPECT_EQ(refused('{' + repeated("a:b ", 3) + '}', {.aliases = 3}), "");
    EXPECT_EQ(refused('{' + repeated("a:b ", 4) + '}', {.aliases = 3}), code::too_many_aliases);
    EXPECT_EQ(refused("{ x {" + repeated("a:b ", 300) + "} }", {.aliases = 3}), code::too_many_aliases);
    EXPECT_EQ(refused('{' + repeated("a ", 3) + '}', {.root_fields = 3}), "");
    EXPECT_EQ(refused('{' + repeated("a ", 4) + '}', {.root_fields = 3}), code::too_many_root_fields);
    EXPECT_EQ(refused("{ a { " + repeated("b ", 9) + "} }", {.root_fields = 3}), "");
    EXPECT_EQ(refused("{ a ...F ...F } fragment F on Query { b c }", {.root_fields = 4}), code::too_many_root_fields);
    EXPECT_EQ(refused("{ a" + repeated(" @d", 3) + '}', {.directives = 3}), "");
    EXPECT_EQ(refused("{ a" + repeated(" @d", 4) + '}', {.directives = 3}), code::too_many_directives);
    EXPECT_EQ(refused("query @d { a @d ... @d { b } ...F @d } fragment F on T @d { c }", {.directives = 4}),
              code::too_many_directives);
    EXPECT_EQ(refused("{ a { " + repeated("b ", 9) + "} }", {.fields = 10}), "");
    EXPECT_EQ(refused("{ a { " + repeated("b ", 10) + "} }", {.fields = 10}), code::too_many_fields);
}

TEST(graphql_limits, hold_for_every_operation_and_say_where)
{
    const auto e = check_shape(**parse("query A { a }\nquery B { a b }"), {.root_fields = 1});
    ASSERT_TRUE(e);
    EXPECT_EQ(e->locations, (std::vector{location{2, 1}}));
    EXPECT_EQ(e->message, "the query has 2 fields at its root, and no more than 1 are allowed");
}

/// Each fragment spreads the next one twice: n of them expand to 2^n fields.
std::string doubling(std::size_t n)
{
    std::string out = "{ ...F0 }";
    for (std::size_t i = 0; i < n; ++i)
        out +=
            std::format("fragment F{} on Query {{ a: list(first: 2) {{ ...L{} }} ...F{} ...F{} }}", i, i, i + 1, i + 1);
    for (std::size_t i = 0; i < n; ++i) out += std::format("fragment L{} on Item {{ name }}", i);
    return out + std::format("fragment F{} on Query {{ n }}", n);
}

TEST(graphql_limits, count_fragments_that_expand_beyond_all_numbers)
{
    EXPECT_EQ(refused(doubling(100), {.depth = 1'000, .aliases = ~0U - 1}), code::too_many_aliases);
}

TEST(graphql_limits, end_with_fragments_in_circles)
{
    EXPECT_EQ(refused("{ ...A } fragment A on T { a ...B } fragment B on T { b ...A ...Missing }"), "");
}

TEST(graphql_limits, refuse_fragments_that_spread_each_other_in_too_long_a_row)
{
    const auto chain = [](int n) {
        std::string out = "{ a { ...F0 } }";
        for (int i = 0; i < n; ++i) out += std::format("fragment F{} on Query {{ n ...F{} }}", i, i + 1);
        return out + std::format("fragment F{} on Query {{ n }}", n);
    };
    EXPECT_EQ(refused(chain(400)), "");
    EXPECT_EQ(refused(chain(100'000)), code::too_deep);
}

const schema& test_schema()
{
    static const auto made = [] {
        auto described = *describe(**parse(R"(
            type Query {
                n: Int
                one: Item
                list(first: Int = 20): [Item!]!
                bare: [Item!]!
                these(ids: [ID!]!): [Item]!
                page(first: Int, last: Int): Page!
            }
            type Page { edges: [Edge!]! nodes: [Item!]! total: Int info: Info }
            type Edge { cursor: String node: Item }
            type Info { more: Boolean }
            type Item { name: String costly: Int tags: [String!] parts(first: Int = 3): [Item!]! self: Item }
            type Mutation { act(times: Int): Item }
        )"));
        for (auto& t : described.types)
            for (auto& f : t.fields)
            {
                if (f.name == "list" || f.name == "parts") f.size.arguments = {"first"};
                if (f.name == "these") f.size = {.arguments = {"ids"}, .sized = {}, .assumed = 100};
                if (f.name == "page")
                    f.size = {.arguments = {"first", "last"}, .sized = {"edges", "nodes"}, .assumed = 50};
                if (f.name == "costly") f.cost = 7;
                if (f.name == "act") f.cost = 10;
            }
        return *schema::build(described);
    }();
    return *made;
}

std::uint64_t cost(std::string query, std::initializer_list<input_member> variables = {})
{
    const auto d = *parse(std::move(query));
    EXPECT_TRUE(validate(test_schema(), *d).empty()) << validate(test_schema(), *d).front().message;
    return cost_of(test_schema(), *d, d->operations()[0], input_map{{variables.begin(), variables.size()}}).objects;
}

TEST(graphql_limits, count_objects_as_cost)
{
    EXPECT_EQ(cost("{ n }"), 0U);
    EXPECT_EQ(cost("{ one { name self { name } } }"), 2U);
    EXPECT_EQ(cost("{ list(first: 5) { name } }"), 5U);
    EXPECT_EQ(cost("{ list { name } }"), 20U);
    EXPECT_EQ(cost("{ bare { name tags } }"), 10U);
    EXPECT_EQ(cost("{ list(first: 5) { parts(first: 4) { name } self { name } } }"), 5U * (1 + 4 + 1));
    EXPECT_EQ(cost("{ list(first: 5) { costly } }"), 5U * (1 + 7));
    EXPECT_EQ(cost("mutation { act { name } }"), 11U);
    EXPECT_EQ(cost("{ a: one { name } b: one { name } }"), 2U);
}

TEST(graphql_limits, know_how_large_connections_are)
{
    EXPECT_EQ(cost("{ page(first: 5) { total info { more } } }"), 2U);
    EXPECT_EQ(cost("{ page(first: 5) { edges { cursor } } }"), 1U + 5);
    EXPECT_EQ(cost("{ page(last: 5) { edges { node { name } } nodes { name } } }"), 1U + 5 * 2 + 5);
    EXPECT_EQ(cost("{ page { nodes { name } } }"), 1U + 50);
    EXPECT_EQ(
        cost(
            "{ page(first: 4) { ...P ... { nodes { name } } } } fragment P on Page { edges { node { parts(first: 2) { name } } } }"),
        1U + 4 * (1 + 1 + 2) + 4);
}

TEST(graphql_limits, read_sizes_from_variables)
{
    const auto query = "query($n: Int) { page(first: $n) { nodes { name } } }";
    EXPECT_EQ(cost(query, {{"n", input::of(std::int64_t{3})}}), 4U);
    EXPECT_EQ(cost(query), 51U);
    EXPECT_EQ(cost(query, {{"n", {}}}), 51U);
    EXPECT_EQ(cost("{ list(first: -1) { name } }"), 20U);
}

TEST(graphql_limits, count_what_a_list_names)
{
    EXPECT_EQ(cost("{ these(ids: [1, 2, 3]) { self { name } } }"), 3U * 2);
    const input ids[] = {input::of(std::string_view{"1"}), input::of(std::string_view{"2"})};
    EXPECT_EQ(
        cost("query($ids: [ID!]!) { these(ids: $ids) { name } }", {{"ids", input::of(std::span<const input>{ids})}}),
        2U);
}

TEST(graphql_limits, count_what_is_asked_of_the_schema_apart)
{
    const std::string types =
        "{ ...F one { name } } fragment F on Query { __schema { types { name fields { name args { name";
    EXPECT_EQ(cost(types + " } } } } }"), 1U);
    const auto refused = [](const std::string& text) {
        const auto d = *parse(text);
        return check_cost(test_schema(), *d, d->operations()[0], input_map{}, {}).has_value();
    };
    EXPECT_FALSE(refused(types + " } } } } }"));
    EXPECT_TRUE(refused(types + " type { fields { args { name } } } } } } } }"));
}

TEST(graphql_limits, never_go_round)
{
    EXPECT_EQ(
        cost(
            "{ list(first: 2147483647) { parts(first: 2147483647) { parts(first: 2147483647) { parts(first: 2147483647) { name } } } } }"),
        std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(cost(doubling(100)), std::numeric_limits<std::uint64_t>::max());
}

TEST(graphql_limits, refuse_what_costs_too_much)
{
    const auto d = *parse("{ list(first: 99999999) { name } }");
    const auto check = [&](std::uint32_t most) {
        return check_cost(test_schema(), *d, d->operations()[0], input_map{}, {.cost = most});
    };
    ASSERT_TRUE(check(99'999'998));
    EXPECT_EQ(check(99'999'998)->code, code::too_costly);
    EXPECT_EQ(check(99'999'998)->message, "the query costs 99999999, and no more than 99999998 is allowed");
    EXPECT_FALSE(check(99'999'999));
}

}  // namespace
}  // namespace roost::graphql
