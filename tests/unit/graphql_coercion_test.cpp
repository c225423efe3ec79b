#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <format>

#include "platform/graphql/coercion.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/graphql/validation.hpp"

namespace roost::graphql {
namespace {

/// A value as people read it: enum values without quotes, members in their order.
std::string shown(const input& v)
{
    std::string out;
    switch (v.kind)
    {
        case input_kind::null: return "null";
        case input_kind::boolean: return v.boolean ? "true" : "false";
        case input_kind::integer: return std::to_string(v.integer);
        case input_kind::floating: return std::format("{}", v.floating);
        case input_kind::text: return std::format("\"{}\"", v.text);
        case input_kind::enum_value: return std::string{v.text};
        case input_kind::list:
            for (const auto& i : v.items) out += (out.empty() ? "" : " ") + shown(i);
            return '[' + out + ']';
        case input_kind::object:
            for (const auto& m : v.members)
                out += std::format("{}{}:{}", out.empty() ? "" : " ", m.name, shown(m.value));
            return '{' + out + '}';
    }
    return out;
}

std::string shown(const input_map& m) { return shown(input::of(m.all())); }

std::optional<std::string> check_even(const input& v)
{
    if (v.kind == input_kind::integer && v.integer % 2 == 0) return std::nullopt;
    return "must be even";
}

const schema& test_schema()
{
    static const auto made = [] {
        auto described = *describe(**parse(R"(
            scalar Any
            scalar Even
            enum Color { RED GREEN }
            input Point { x: Int! = 7 y: Int label: String = "none" }
            input Shape { points: [Point!] color: Color = GREEN center: Point = {y: 3} tags: [[String]] }
            input Pick @oneOf { a: Int b: String p: Point }
            type Query {
                all(i: Int, f: Float, s: String, b: Boolean, id: ID, c: Color, any: Any, even: Even, l: [Int], ll: [[Int!]]): Int
                defaults(i: Int = 5, c: Color = RED, l: [Int!] = [1, 2], p: Point = {x: 1}, n: Int = null, r: Int! = 9): Int
                shape(s: Shape, p: Point, pick: Pick): Int
                required(i: Int!, l: [Int!]!): Int
            }
        )"));
        for (auto& t : described.types)
            if (t.name == "Even") t.check = check_even;
        return *schema::build(described);
    }();
    return *made;
}

/// The variables of an operation, or what is wrong with them.
std::string variables(std::string definitions, std::string_view json, std::size_t max_errors = 10)
{
    const auto d = *parse("query(" + definitions + ") { __typename }");
    arena a;
    const auto given = boost::json::parse(json).as_object();
    const auto made = coerce_variables(test_schema(), *d, d->operations()[0], given, a, max_errors);
    if (made) return shown(*made);
    std::string out;
    for (const auto& e : made.error()) out += (out.empty() ? "" : "; ") + e.message;
    return out;
}

/// The arguments of the only field of a valid query, or what is wrong with them.
std::string arguments(std::string query, std::string_view json = "{}")
{
    const auto d = *parse(std::move(query));
    const auto errors = validate(test_schema(), *d);
    if (!errors.empty()) return "invalid: " + errors.front().message;
    arena a;
    const auto given = boost::json::parse(json).as_object();
    const auto& o = d->operations()[0];
    const auto values = coerce_variables(test_schema(), *d, o, given, a);
    if (!values) return "variables: " + values.error().front().message;
    const auto& field = o.selections[0];
    const auto made = coerce_arguments(*d, test_schema().query()->field(field.name)->arguments, field.arguments,
                                       field.at, *values, a);
    if (made) return shown(*made);
    const auto at = made.error().locations.at(0);
    return std::format("{} at {}:{}", made.error().message, at.line, at.column);
}

TEST(graphql_coercion, reads_scalars_of_json)
{
    EXPECT_EQ(variables("$v: Int", R"({"v": 12})"), "{v:12}");
    EXPECT_EQ(variables("$v: Int", R"({"v": 12.0})"), "{v:12}");
    EXPECT_EQ(variables("$v: Int", R"({"v": 2147483647})"), "{v:2147483647}");
    EXPECT_EQ(variables("$v: Int", R"({"v": -2147483648})"), "{v:-2147483648}");
    EXPECT_EQ(variables("$v: Float", R"({"v": 1})"), "{v:1}");
    EXPECT_EQ(variables("$v: Float", R"({"v": 1.5})"), "{v:1.5}");
    EXPECT_EQ(variables("$v: ID", R"({"v": 1})"), "{v:\"1\"}");
    EXPECT_EQ(variables("$v: ID", R"({"v": "a"})"), "{v:\"a\"}");
    EXPECT_EQ(variables("$v: Color", R"({"v": "RED"})"), "{v:RED}");
    EXPECT_EQ(variables("$v: Any", R"({"v": {"k": [1, null, 18446744073709551615]}})"),
              "{v:{k:[1 null 18446744073709551616]}}");
    EXPECT_EQ(variables("$v: Int, $w: Int", R"({"w": null, "other": 1})"), "{w:null}");
}

TEST(graphql_coercion, refuses_json_of_other_types)
{
    for (const auto* bad : {"2147483648", "-2147483649", "1.5", "\"1\"", "true", "[1, 2]", "{}"})
        EXPECT_EQ(variables("$v: Int", std::format("{{\"v\": {}}}", bad)), "$v must be an integer of 32 bits") << bad;
    EXPECT_EQ(variables("$v: Float", R"({"v": "1"})"), "$v must be a number");
    EXPECT_EQ(variables("$v: String", R"({"v": 1})"), "$v must be a string");
    EXPECT_EQ(variables("$v: Boolean", R"({"v": 0})"), "$v must be true or false");
    EXPECT_EQ(variables("$v: ID", R"({"v": 1.5})"), "$v must be a string or an integer");
    EXPECT_EQ(variables("$v: Color", R"({"v": "BLUE"})"), "$v must be a value of Color");
    EXPECT_EQ(variables("$v: Even", R"({"v": 3})"), "$v must be even");
    EXPECT_EQ(variables("$v: Point", R"({"v": [1]})"), "$v must be an object of Point");
}

TEST(graphql_coercion, makes_lists_of_what_is_none)
{
    EXPECT_EQ(variables("$v: [Int]", R"({"v": 1})"), "{v:[1]}");
    EXPECT_EQ(variables("$v: [[Int]]", R"({"v": 1})"), "{v:[[1]]}");
    EXPECT_EQ(variables("$v: [Int]", R"({"v": null})"), "{v:null}");
    EXPECT_EQ(variables("$v: [Int!]", R"({"v": [1, null]})"), "$v[1] must not be null");
    EXPECT_EQ(arguments("{ all(l: 1, ll: [[1], null]) }"), "{l:[1] ll:[[1] null]}");
}

TEST(graphql_coercion, fills_in_default_values)
{
    EXPECT_EQ(variables("$v: Point", R"({"v": {}})"), "{v:{x:7 label:\"none\"}}");
    EXPECT_EQ(variables("$v: Shape", R"({"v": {"tags": "t"}})"),
              "{v:{color:GREEN center:{x:7 y:3 label:\"none\"} tags:[[\"t\"]]}}");
    EXPECT_EQ(variables("$v: Int = 3, $w: Int! = 4", "{}"), "{v:3 w:4}");
    EXPECT_EQ(variables("$v: Int = 3", R"({"v": null})"), "{v:null}");
    EXPECT_EQ(variables("$v: Int! = 3", R"({"v": null})"), "$v must not be null");
    EXPECT_EQ(arguments("{ defaults }"), "{i:5 c:RED l:[1 2] p:{x:1 label:\"none\"} n:null r:9}");
    EXPECT_EQ(arguments("query($v: Int) { defaults(i: $v, r: $v) }"),
              "{i:5 c:RED l:[1 2] p:{x:1 label:\"none\"} n:null r:9}");
    EXPECT_EQ(arguments("query($v: Int) { defaults(i: $v) }", R"({"v": null})"),
              "{i:null c:RED l:[1 2] p:{x:1 label:\"none\"} n:null r:9}");
    EXPECT_EQ(arguments("query($v: Int) { shape(p: {x: $v, y: $v}) }"), "{p:{x:7 label:\"none\"}}");
}

TEST(graphql_coercion, tells_everything_that_is_wrong_with_variables)
{
    EXPECT_EQ(variables("$a: Int!, $b: Point, $c: [Color]", R"({"b": {"x": null, "z": 1}, "c": ["RED", 1, "NO"]})"),
              "$a is required; $b has a field \"z\", which Point does not have; $b.x must not be null; "
              "$c[1] must be a value of Color; $c[2] must be a value of Color");
    EXPECT_EQ(variables("$a: Int!, $b: Int!, $c: Int!", "{}", 2), "$a is required; $b is required");
    EXPECT_EQ(variables("$a: [Int]", R"({"a": ["x", "x", "x", "x"]})", 2),
              "$a[0] must be an integer of 32 bits; $a[1] must be an integer of 32 bits");
}

TEST(graphql_coercion, takes_exactly_one_field_of_a_one_of)
{
    EXPECT_EQ(variables("$v: Pick", R"({"v": {"a": 1}})"), "{v:{a:1}}");
    for (const auto* bad : {"{}", R"({"a": 1, "b": "x"})", R"({"a": null})", R"({"a": 1, "b": null})"})
        EXPECT_EQ(variables("$v: Pick", std::format("{{\"v\": {}}}", bad)),
                  "$v must have exactly one field, which must not be null");
    EXPECT_EQ(arguments("query($b: String!) { shape(pick: {b: $b}) }", R"({"b": "x"})"), "{pick:{b:\"x\"}}");
}

TEST(graphql_coercion, reads_literals)
{
    EXPECT_EQ(arguments("{ all(i: -1, f: 2, s: \"x\", b: true, id: 7, c: GREEN, any: {a: [E, 1.5]}, even: 4) }"),
              "{i:-1 f:2 s:\"x\" b:true id:\"7\" c:GREEN any:{a:[\"E\" 1.5]} even:4}");
    EXPECT_EQ(arguments("query($v: Any) { all(any: {a: $v, b: [$v]}) }"), "{any:{b:[null]}}");
    EXPECT_EQ(arguments("query($v: Any) { all(any: {a: $v, b: [$v]}) }", R"({"v": 1})"), "{any:{a:1 b:[1]}}");
    EXPECT_EQ(arguments("{ all(even: 3) }"), "invalid: a value of Even must be even.");
}

TEST(graphql_coercion, refuses_null_where_a_variable_brings_it)
{
    EXPECT_EQ(arguments("query($v: Int = 1) { required(i: $v, l: []) }", R"({"v": null})"),
              "the argument \"i\" must not be null, which $v is at 1:34");
    EXPECT_EQ(arguments("query($v: Int = 1) { required(i: 1, l: [$v]) }", R"({"v": null})"),
              "the argument \"l\" must not be null, which $v is at 1:41");
    EXPECT_EQ(arguments("query($v: Int = 1) { required(i: $v, l: [$v]) }"), "{i:1 l:[1]}");
}

TEST(graphql_coercion, knows_what_skip_and_include_say)
{
    const auto d = *parse(
        "query($t: Boolean, $n: Boolean) { a @skip(if: $t) b @include(if: $t) c @skip(if: true) d @include(if: true) e @skip(if: $n) f }");
    const std::array members{input_member{"t", input::of(true)}, input_member{"n", {}}};
    const input_map values{members};
    std::string out;
    for (const auto& s : d->operations()[0].selections)
    {
        const auto in = included(*d, s.directives, values);
        out += std::format("{}{}", s.name, !in ? "!" : *in ? "+" : "-");
    }
    EXPECT_EQ(out, "a-b+c-d+e!f+");
}

TEST(graphql_coercion, knows_constant_arguments)
{
    const auto d = *parse("{ a(x: 1, y: [{z: E}]) b(x: [{y: $v}]) c }");
    const auto fields = d->operations()[0].selections;
    EXPECT_TRUE(constant(fields[0].arguments));
    EXPECT_FALSE(constant(fields[1].arguments));
    EXPECT_TRUE(constant(fields[2].arguments));
}

}  // namespace
}  // namespace roost::graphql
