#include "platform/http/cursor.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace roost::http {
namespace {

TEST(cursor, comes_back_as_it_went)
{
    for (const auto key : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
                           std::numeric_limits<std::int64_t>::max(), std::int64_t{12'050}})
        for (const bool backwards : {false, true})
        {
            const cursor c{backwards, key, uuid::v7()};
            EXPECT_EQ(decode_cursor(encode(c, "list"), "list").value(), c);
        }
}

TEST(cursor, is_refused_by_another_list)
{
    const auto text = encode({false, 7, uuid::v7()}, "properties?city=Lisbon");
    EXPECT_FALSE(decode_cursor(text, "properties?city=Porto"));
}

TEST(cursor, is_refused_when_any_character_is_changed_or_missing)
{
    const auto text = encode({true, 7, uuid::v7()}, "list");
    EXPECT_EQ(text.size(), 44u);
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        auto other = text;
        other[i] = other[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(decode_cursor(other, "list"));
        other = text;
        other[i] = '=';
        EXPECT_FALSE(decode_cursor(other, "list"));
    }
    EXPECT_FALSE(decode_cursor(text + "A", "list"));
    EXPECT_FALSE(decode_cursor(text.substr(1), "list"));
    const auto refused = decode_cursor("", "list");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fields.at(0).pointer, "cursor");
}

TEST(cursor, has_a_moment_only_within_reason)
{
    const auto now = *parse_instant("2026-11-21T07:45:00.000001Z");
    EXPECT_EQ(moment_of({false, now.time_since_epoch().count(), {}}).value(), now);
    EXPECT_FALSE(moment_of({false, std::numeric_limits<std::int64_t>::min(), {}}));
    EXPECT_FALSE(moment_of({false, std::numeric_limits<std::int64_t>::max(), {}}));
}

}  // namespace
}  // namespace roost::http
