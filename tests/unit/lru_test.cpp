#include "core/lru.hpp"

#include <gtest/gtest.h>

#include <string>

namespace roost {
namespace {

TEST(lru, drops_what_was_not_touched_for_longest)
{
    lru<int, std::string> cache{2};
    cache.put(1, "one");
    cache.put(2, "two");
    ASSERT_NE(cache.find(1), nullptr);
    cache.put(3, "three");
    EXPECT_EQ(cache.find(2), nullptr);
    EXPECT_EQ(*cache.find(1), "one");
    EXPECT_EQ(*cache.find(3), "three");
    EXPECT_EQ(cache.size(), 2u);
}

TEST(lru, replaces_in_place)
{
    lru<int, std::string> cache{2};
    cache.put(1, "one");
    cache.put(2, "two");
    cache.put(1, "uno");
    EXPECT_EQ(cache.size(), 2u);
    EXPECT_EQ(*cache.find(1), "uno");
    cache.put(3, "three");
    EXPECT_EQ(cache.find(2), nullptr);
}

}  // namespace
}  // namespace roost
