#include <gtest/gtest.h>

#include "platform/pg/database.hpp"
#include "platform/pg/error.hpp"
#include "platform/pg/params.hpp"

namespace roost {
namespace {

using namespace std::string_literals;

template <class... A>
std::vector<std::optional<std::string>> encoded(const A&... a)
{
    pg::params p;
    (p.add(a), ...);
    std::vector<std::optional<std::string>> out;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (p[i].length < 0)
            out.push_back(std::nullopt);
        else
            out.emplace_back(std::string{p.data(i), static_cast<std::size_t>(p[i].length)});
    return out;
}

using texts = std::vector<std::optional<std::string>>;

TEST(pg_params, writes_scalars_as_postgresql_reads_them)
{
    EXPECT_EQ(encoded(true, -7, std::int64_t{1} << 62, 0.1, "x", "y"s, std::string_view{"z"}),
              (texts{"t", "-7", "4611686018427387904", "0.1", "x", "y", "z"}));
    const auto id = property_id::make();
    EXPECT_EQ(encoded(id, *parse_date("2028-02-29"), *parse_instant("2026-01-02T03:04:05Z"), *currency::parse("JPY")),
              (texts{id.text(), "2028-02-29", "2026-01-02T03:04:05Z", "JPY"}));
    EXPECT_EQ(encoded(std::nullopt, std::optional<int>{}, std::optional{5}, pg::json{"{}"}),
              (texts{std::nullopt, std::nullopt, "5", "{}"}));
}

TEST(pg_params, quotes_every_item_of_an_array)
{
    EXPECT_EQ(encoded(std::vector<std::string>{}), (texts{"{}"}));
    EXPECT_EQ(encoded(std::vector{"a"s, "b,c"s, "\"\\"s, "null"s, ""s}), (texts{R"({"a","b,c","\"\\","null",""})"}));
    EXPECT_EQ(encoded(std::vector<std::optional<int>>{1, std::nullopt}), (texts{R"({"1",null})"}));
}

TEST(pg_params, ends_every_text_with_nul_for_libpq)
{
    pg::params p;
    for (const auto& s : {"one"s, ""s, "three"s}) p.add(s);
    EXPECT_STREQ(p.data(0), "one");
    EXPECT_STREQ(p.data(1), "");
    EXPECT_STREQ(p.data(2), "three");
}

TEST(pg_params, passes_bytes_and_refuses_nul_in_text)
{
    pg::params p;
    p.add(pg::bytes{std::string_view{"a\0b", 3}});
    EXPECT_TRUE(p[0].binary);
    EXPECT_EQ(p[0].length, 3);
    EXPECT_THROW(encoded("a\0b"s), pg::sql_error);
    EXPECT_THROW(encoded(std::vector{"a\0b"s}), pg::sql_error);
}

TEST(pg_params, writes_lines_of_copy)
{
    pg::params row;
    row.add("a\tb\\c\nd\re");
    row.add(std::nullopt);
    row.add(5);
    std::string chunk = "before\n";
    pg::append_copy(chunk, row);
    EXPECT_EQ(chunk, "before\na\\tb\\\\c\\nd\\re\t\\N\t5\n");
}

}  // namespace
}  // namespace roost
