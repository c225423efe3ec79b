#include <gtest/gtest.h>

#include <format>

#include "platform/graphql/parser.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/graphql/validation.hpp"
#include "unit/graphql_vectors.hpp"

namespace roost::graphql {
namespace {

using names = std::vector<std::string>;

TEST(graphql_validation, agrees_with_the_reference_implementation)
{
    const auto suite = read_vectors("validation");
    const auto s = build_schema(text(suite, "schema"));
    ASSERT_TRUE(s) << s.error().front().message;
    std::size_t count = 0;
    for (const auto& vector : suite.at("vectors").as_array())
    {
        const auto& v = vector.as_object();
        const auto& expect = v.at("expect").as_object();
        SCOPED_TRACE(text(v, "name") + '\n' + text(v, "query"));
        const auto d = parse(text(v, "query"));
        ASSERT_TRUE(d) << d.error().message;
        const auto errors = validate(**s, **d, {.max_errors = 100});
        ++count;
        if (!(*d)->type_definitions().empty())  // one refusal is enough: what such definitions say is not looked at
        {
            EXPECT_EQ(rules_of(errors), names{"ExecutableDefinitions"});
            continue;
        }
        EXPECT_EQ(rules_of(errors), rules_of(expect));
        EXPECT_EQ(places_of(errors), text(expect, "phase") == "validate" ? places_of(expect) : places{});
    }
    EXPECT_GE(count, 220U);
}

const schema& test_schema()
{
    static const auto made = *build_schema(R"(
        input Pick @oneOf { a: Int b: String }
        type Item { name: String title: String parts(first: Int = 3): [Item!]! tag(of: Pick!, or: Pick, all: [Pick]): Int }
        type Query { item(id: ID!): Item items: [Item!]! }
    )");
    return *made;
}

std::vector<error> check(std::string source, const validation_settings& settings = {})
{
    const auto d = parse(std::move(source));
    EXPECT_TRUE(d) << d.error().message;
    return validate(test_schema(), **d, settings);
}

std::string repeated(std::string_view part, std::size_t times)
{
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
}

TEST(graphql_validation, tells_no_more_errors_than_wanted)
{
    EXPECT_EQ(check("{ items {" + repeated("x ", 100) + "} }").size(), 20U);
    EXPECT_EQ(check("{ items {" + repeated("x ", 100) + "} }", {.max_errors = 3}).size(), 3U);
}

TEST(graphql_validation, proposes_names_unless_told_not_to)
{
    const auto message = [](std::string source, bool suggestions) {
        return check(std::move(source), {.suggestions = suggestions}).at(0).message;
    };
    EXPECT_EQ(message("{ items { nmae } }", true), "Item has no field \"nmae\". Did you mean \"name\"?");
    EXPECT_EQ(message("{ items { nmae } }", false), "Item has no field \"nmae\".");
    EXPECT_EQ(message("{ items { ... on Itme { name } } }", true), "there is no type \"Itme\". Did you mean \"Item\"?");
    EXPECT_EQ(message("{ items { parts(frist: 1) { name } } }", true),
              "\"parts\" has no argument \"frist\". Did you mean \"first\"?");
    EXPECT_EQ(message("{ items { " + repeated("n", 100'000) + " } }", true),
              "Item has no field \"" + repeated("n", 381) + "…");
}

TEST(graphql_validation, names_code_rule_and_places)
{
    const auto errors = check("query Q($v: Int) {\n  items { name }\n}");
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_EQ(errors[0].code, code::invalid_document);
    EXPECT_EQ(errors[0].rule, "NoUnusedVariables");
    EXPECT_EQ(errors[0].locations, (std::vector{location{1, 9}}));
}

// As the reference implementation: where something is around the @oneOf type, a variable that is null is only refused
// when its value is there.
TEST(graphql_validation, wants_variables_of_a_one_of_never_to_be_null)
{
    const names wrong{"VariablesInAllowedPosition"};
    const auto query = [](std::string_view type, std::string_view use) {
        return std::format("query({}) {{ items {{ tag({}) }} }}", type, use);
    };
    EXPECT_EQ(rules_of(check(query("$v: Int", "of: {b: \"\"}, or: {a: $v}"))), wrong);
    EXPECT_EQ(rules_of(check(query("$v: Int = 1", "of: {b: \"\"}, or: {a: $v}"))), wrong);
    EXPECT_EQ(rules_of(check(query("$v: Int!", "of: {b: \"\"}, or: {a: $v}"))), names{});
    EXPECT_EQ(rules_of(check(query("$v: Int", "of: {a: $v}"))), names{});
    EXPECT_EQ(rules_of(check(query("$v: Int", "of: {b: \"\"}, all: [{a: $v}]"))), wrong);
    EXPECT_EQ(rules_of(check(query("$v: Int", "of: {b: \"\"}, all: {a: $v}"))), names{});
}

/// What is told of a document: nothing, a rule, or that it takes too many steps.
std::string verdict(std::string source)
{
    const auto errors = check(std::move(source));
    if (errors.empty()) return "valid";
    return std::string{errors[0].rule.empty() ? errors[0].code : errors[0].rule};
}

TEST(graphql_validation, gives_up_on_documents_that_compare_too_much)
{
    EXPECT_EQ(verdict("{" + repeated("items { name } ", 100) + "}"), "valid");
    EXPECT_EQ(verdict("{" + repeated("items { name } ", 1'000) + "}"), code::too_intricate);
    EXPECT_EQ(verdict("{ items {" + repeated("name ", 10'000) + "} }"), code::too_intricate);

    std::string fragments = "{ items {" + repeated("...F0 ...G0 ", 1) + "} }";
    const std::size_t chain = 200;
    for (const char c : {'F', 'G'})
        for (std::size_t i = 0; i < chain; ++i)
            fragments += std::format("fragment {}{} on Item {{ name parts {{ ...{}{} ...{}{} }} }}", c, i, c,
                                     std::min(i + 1, chain - 1) == i ? 0 : i + 1, c, i);
    EXPECT_NE(verdict(fragments), "valid");
}

TEST(graphql_validation, ends_with_fragments_in_circles)
{
    EXPECT_EQ(
        rules_of(check("{ items { ...A } } fragment A on Item { name ...B } fragment B on Item { title ...A ...B }")),
        names{"NoFragmentCycles"});
    EXPECT_EQ(rules_of(check("{ items { ...A } } fragment A on Item { parts { name parts { ...A } } }")),
              names{"NoFragmentCycles"});
    std::string circle = "{ items { ...F0 } }";
    for (int i = 0; i < 1'000; ++i)
        circle += std::format("fragment F{} on Item {{ name ...F{} ...F{} }}", i, (i + 1) % 1'000, (i + 7) % 1'000);
    EXPECT_NE(verdict(circle), "valid");
}

TEST(graphql_validation, bounds_introspection_that_leads_to_itself)
{
    const auto types = [](int n) {
        std::string out = "name";
        for (int i = 0; i < n; ++i) out = "fields { type { " + out + " } }";
        return "{ __schema { types { " + out + " } } }";
    };
    EXPECT_EQ(rules_of(check(types(2))), names{});
    EXPECT_EQ(rules_of(check(types(3))), names{"MaxIntrospectionDepth"});
}

}  // namespace
}  // namespace roost::graphql
