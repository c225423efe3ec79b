#include "calendar/availability.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace roost::calendar {
namespace {

date day(int n) { return *parse_date("2027-03-01") + std::chrono::days{n}; }
nights range(int from, int to) { return {day(from), day(to)}; }

TEST(free_nights, are_the_window_when_nothing_is_taken)
{
    EXPECT_EQ(free_nights(range(0, 9), {}), (std::vector{range(0, 9)}));
}

TEST(free_nights, leave_what_lies_between)
{
    EXPECT_EQ(free_nights(range(0, 20), {range(-3, 2), range(4, 6), range(6, 8), range(18, 25)}),
              (std::vector{range(2, 4), range(8, 18)}));
}

TEST(free_nights, are_none_when_all_is_taken)
{
    EXPECT_TRUE(free_nights(range(0, 9), {range(-1, 4), range(4, 9)}).empty());
    EXPECT_TRUE(free_nights(range(0, 9), {range(-5, 50)}).empty());
}

TEST(free_nights, agree_with_counting_night_by_night)
{
    std::mt19937 random{7};
    for (int round = 0; round < 500; ++round)
    {
        std::vector<nights> taken;
        for (int at = -4; at < 40;)
        {
            const int from = at + static_cast<int>(random() % 6), to = from + 1 + static_cast<int>(random() % 5);
            taken.push_back(range(from, to));
            at = to;
        }
        const auto free = free_nights(range(0, 30), taken);
        for (int n = -10; n < 45; ++n)
        {
            const auto holds = [&](const nights& r) { return r.from <= day(n) && day(n) < r.to; };
            const bool wanted = n >= 0 && n < 30 && std::ranges::none_of(taken, holds);
            ASSERT_EQ(std::ranges::count_if(free, holds), wanted) << "night " << n;
        }
    }
}

}  // namespace
}  // namespace roost::calendar
