#include <gtest/gtest.h>

#include <format>

#include "platform/graphql/ast.hpp"
#include "platform/graphql/lexer.hpp"
#include "unit/graphql_vectors.hpp"

namespace roost::graphql {
namespace {

/// Every token as "Name 1:3 value", and where and why it ended.
std::vector<std::string> cut(std::string_view text)
{
    arena strings;
    lexer l{text, strings};
    std::vector<std::string> out;
    for (;;)
    {
        const auto t = l.next();
        const auto at = locate(text, l.failed() ? l.error_at() : t.at);
        const auto place = std::format("{}:{}", at.line, at.column);
        if (l.failed())
        {
            out.push_back("failed " + place);
            return out;
        }
        out.push_back(std::format("{} {} {}", name_of(t.kind), place, t.text));
        if (t.kind == token_kind::end) return out;
    }
}

std::vector<std::string> expected(const boost::json::object& expect)
{
    std::vector<std::string> out;
    for (const auto& token : expect.at("tokens").as_array())
    {
        const auto& t = token.as_object();
        out.push_back(std::format("{} {}:{} {}", std::string_view{t.at("kind").as_string()}, t.at("line").as_int64(),
                                  t.at("column").as_int64(), text(t, "value")));
    }
    for (const auto& e : places_of(expect)) out.push_back(std::format("failed {}:{}", e[0].first, e[0].second));
    return out;
}

TEST(graphql_lexer, cuts_as_the_reference_implementation_does)
{
    std::size_t count = 0;
    const auto suite = read_vectors("lexer");
    for (const auto& vector : suite.at("vectors").as_array())
    {
        const auto& v = vector.as_object();
        SCOPED_TRACE(text(v, "name"));
        EXPECT_EQ(cut(text(v, "query")), expected(v.at("expect").as_object()));
        ++count;
    }
    EXPECT_GE(count, 100U);
}

using words = std::vector<std::string>;

TEST(graphql_lexer, says_what_a_string_means)
{
    EXPECT_EQ(cut("\"a\\n\\u00e9\\u{1F600}\\uD83D\\uDE00\""),
              (words{"String 1:1 a\n\u00e9\U0001F600\U0001F600", "<EOF> 1:33 "}));
    EXPECT_EQ(cut("\"\"\"\n    two\n      lines\n  \"\"\""), (words{"BlockString 1:1 two\n  lines", "<EOF> 4:6 "}));
    EXPECT_EQ(cut("\"\"\"a \\\"\"\" b\"\"\""), (words{"BlockString 1:1 a \"\"\" b", "<EOF> 1:15 "}));
}

TEST(graphql_lexer, counts_columns_in_utf16_units)
{
    EXPECT_EQ(cut("\"\U0001F600\" x"), (words{"String 1:1 \U0001F600", "Name 1:6 x", "<EOF> 1:7 "}));
    EXPECT_EQ(cut("# \u00e9\r\n\u00e9"), (words{"failed 2:1"}));
}

TEST(graphql_lexer, stays_at_the_end_after_an_error)
{
    arena strings;
    lexer l{"a ? b", strings};
    EXPECT_EQ(l.next().text, "a");
    EXPECT_EQ(l.next().kind, token_kind::end);
    EXPECT_EQ(l.error(), "unexpected character \"?\"");
    EXPECT_EQ(l.next().kind, token_kind::end);
    EXPECT_EQ(l.error_at(), 2U);
}

}  // namespace
}  // namespace roost::graphql
