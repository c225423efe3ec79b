#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "platform/schema/json.hpp"
#include "platform/schema/text.hpp"

using namespace roost;
using namespace roost::schema;

namespace {

enum class colour
{
    red,
    blue,
};
constexpr auto names_of(colour)
{
    using namespace std::literals;
    return std::array{"red"sv, "blue"sv};
}

struct spot
{
    double latitude = 0;
    std::optional<std::string> label;

    static constexpr auto fields =
        schema::fields(field<&spot::latitude>("latitude", between(-90, 90), "Degrees."), field<&spot::label>("label"));
};

struct sample
{
    std::string title;
    money price;
    std::int32_t capacity = 2;
    std::vector<std::string> tags;
    std::optional<spot> place;
    patch<std::optional<std::int64_t>> limit;
    colour paint = colour::red;
    std::optional<date> from;

    static constexpr auto fields = schema::fields(
        field<&sample::title>("title", length(3, 10), "Headline."), field<&sample::price>("price", positive, "Price."),
        field<&sample::capacity>("capacity", between(1, 50), defaulted, "Guests."),
        field<&sample::tags>("tags", at_most(3), defaulted, "Words."), field<&sample::place>("place", "Where."),
        field<&sample::limit>("limit", between(1, 9), "Most."), field<&sample::paint>("paint", defaulted, "Colour."),
        field<&sample::from>("from", "First day."));
};

std::map<std::string, std::string> faults_of(std::string_view json)
{
    std::map<std::string, std::string> out;
    const auto read = from_json<sample>(json);
    if (!read)
        for (const auto& f : read.error().fields) out.emplace(f.pointer, f.code);
    return out;
}

constexpr std::string_view good = R"({"title":"Café","price":{"amount":12050,"currency":"EUR"}})";

}  // namespace

TEST(json, reports_every_fault_at_once_with_its_pointer)
{
    using expected = std::map<std::string, std::string>;
    EXPECT_EQ(faults_of(good), expected{});
    EXPECT_EQ(faults_of(R"({"title":"ab","price":{"amount":0,"currency":"EUR"},"capacity":51,"a/b":1,"tags":["x",2],
                            "place":{"latitude":91,"x":null},"limit":0,"paint":"green","from":"2026-02-30"})"),
              (expected{{"/title", "bounds"},
                        {"/price/amount", "bounds"},
                        {"/capacity", "bounds"},
                        {"/a~1b", "unknown"},
                        {"/tags/1", "type"},
                        {"/place/latitude", "bounds"},
                        {"/place/x", "unknown"},
                        {"/limit", "bounds"},
                        {"/paint", "type"},
                        {"/from", "type"}}));
    EXPECT_EQ(faults_of("{}"), (expected{{"/title", "required"}, {"/price", "required"}}));
    EXPECT_EQ(faults_of(R"({"title":null,"price":{"amount":1.5,"currency":"eur"}})"),
              (expected{{"/title", "type"}, {"/price/amount", "type"}, {"/price/currency", "type"}}));
}

TEST(json, tells_bad_syntax_from_bad_content)
{
    for (const auto* bad : {"", "{", "{]", "{\"a\":1,}", "nul", "\xff", "{\"title\":\"\xc3\"}", "{} x"})
    {
        const auto read = from_json<sample>(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_EQ(read.error().code, errc::malformed) << bad;
    }
    EXPECT_EQ(from_json<sample>("[]").error().code, errc::invalid_input);
    EXPECT_EQ(from_json<sample>(std::string(100, '[')).error().code, errc::malformed);
}

TEST(json, text_cannot_hold_nul)
{
    EXPECT_EQ(faults_of(R"({"title":"a\u0000bc","price":{"amount":1,"currency":"EUR"}})"),
              (std::map<std::string, std::string>{{"/title", "format"}}));
}

TEST(json, a_patch_tells_absent_from_null)
{
    const auto with = [](std::string_view member) {
        return from_json<sample>(std::string{good.substr(0, good.size() - 1)} + "," + std::string{member} + "}")
            .value();
    };
    EXPECT_FALSE(from_json<sample>(good)->limit.has_value());
    ASSERT_TRUE(with(R"("limit":null)").limit.has_value());
    EXPECT_FALSE(with(R"("limit":null)").limit->has_value());
    EXPECT_EQ(with(R"("limit":4)").limit->value(), 4);
}

TEST(json, writes_what_it_reads)
{
    constexpr std::string_view text =
        R"({"title":"a\"\\\né","price":{"amount":-5,"currency":"JPY"},"capacity":3,"tags":["x","y"],)"
        R"("place":{"latitude":-0.125,"label":null},"limit":7,"paint":"blue","from":"2026-12-24"})";
    sample s{.title = "a\"\\\né",
             .price = {-5, *currency::parse("JPY")},
             .capacity = 3,
             .tags = {"x", "y"},
             .place = spot{-0.125, {}},
             .limit = {},
             .paint = colour::blue,
             .from = parse_date("2026-12-24")};
    s.limit.emplace(7);
    EXPECT_EQ(to_json(s), text);
}

TEST(json, replaces_what_is_not_utf8)
{
    std::string out;
    write_string(out, "a\xff\xc3(\xe2\x82\xac");
    EXPECT_EQ(out, "\"a\xef\xbf\xbd\xef\xbf\xbd(\xe2\x82\xac\"");
}

TEST(json, trims_to_the_fields_asked_for)
{
    const auto s = from_json<sample>(good).value();
    std::string out;
    write_json(out, type_of<sample>, &s, parse_field_mask(type_of<sample>, "capacity,title").value());
    EXPECT_EQ(out, R"({"title":"Café","capacity":2})");
    EXPECT_EQ(parse_field_mask(type_of<sample>, "title,nope").error().fields.at(0).pointer, "fields");
}

namespace {

struct wanted
{
    std::int32_t limit = 20;
    std::vector<colour> paints;
    std::optional<std::string> q;
    date from;

    static constexpr auto fields = schema::fields(field<&wanted::limit>("limit", between(1, 100), defaulted),
                                                  field<&wanted::paints>("paints", defaulted),
                                                  field<&wanted::q>("q", length(1, 5)), field<&wanted::from>("from"));
};

}  // namespace

TEST(query, is_read_strictly)
{
    const auto w = from_query<wanted>("paints=red,blue&q=a%20%C3%A9&from=2026-01-01").value();
    EXPECT_EQ(w.limit, 20);
    EXPECT_EQ(w.paints, (std::vector{colour::red, colour::blue}));
    EXPECT_EQ(w.q, "a é");

    const auto bad = from_query<wanted>("limit=0&limit=3&x=1&q=&paints=red,,blue").error();
    std::map<std::string, int> seen;
    for (const auto& f : bad.fields) ++seen[f.pointer];
    EXPECT_EQ(seen, (std::map<std::string, int>{{"limit", 2}, {"x", 1}, {"q", 1}, {"paints", 1}, {"from", 1}}));
    for (const auto* broken : {"q=%", "q=%4", "q=%zz", "q=%ff", "q=%00"})
        EXPECT_EQ(from_query<wanted>(broken).error().code, errc::malformed) << broken;
}

TEST(text, counts_code_points_of_valid_utf8_only)
{
    EXPECT_EQ(count_code_points("aé€😀"), 4u);
    for (const std::string_view bad :
         {std::string_view{"\0", 1}, std::string_view{"\xc0\x80"}, std::string_view{"\xed\xa0\x80"},
          std::string_view{"\xf4\x90\x80\x80"}, std::string_view{"\xe2\x82"}, std::string_view{"\x80"}})
        EXPECT_FALSE(count_code_points(bad));
}
