#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "platform/graphql/subscriptions.hpp"

namespace roost::graphql {
namespace {

const user_id ann{uuid{{1}}}, ben{uuid{{2}}};
const uuid stay{{10}};

struct remembering final : subscriptions::follower
{
    std::vector<uuid> told = {};
    int lost = 0;

    void tell(const uuid& thing) override { told.push_back(thing); }
    void lose() override { ++lost; }
};

struct graphql_subscriptions : testing::Test
{
    boost::asio::io_context io;
    subscriptions all{settings{.subscriptions = 3, .subscriptions_of_one = 2}};

    result<subscriptions::place> join(user_id who, const std::shared_ptr<remembering>& f)
    {
        return all.join(who, "booking", io.get_executor(), f);
    }
    void hear(const std::string& payload)
    {
        all.heard(payload);
        io.restart();
        io.run();
    }
};

TEST_F(graphql_subscriptions, tell_those_who_are_named_what_they_follow)
{
    const auto of_ann = std::make_shared<remembering>(), of_ben = std::make_shared<remembering>();
    const auto one = join(ann, of_ann), other = join(ben, of_ben);
    hear("booking " + stay.text() + " " + ann.text());
    EXPECT_EQ(of_ann->told, std::vector{stay});
    EXPECT_TRUE(of_ben->told.empty());
    hear("notification " + stay.text() + " " + ann.text());
    EXPECT_EQ(of_ann->told.size(), 1u) << "another topic";
    hear("booking " + stay.text() + " " + ann.text() + " " + ben.text());
    EXPECT_EQ(of_ann->told.size(), 2u);
    EXPECT_EQ(of_ben->told, std::vector{stay});
}

TEST_F(graphql_subscriptions, pass_over_what_says_nothing)
{
    const auto of_ann = std::make_shared<remembering>();
    const auto place = join(ann, of_ann);
    for (const std::string payload : {"", " ", "booking", "booking x", "booking x y"}) hear(payload);
    hear("booking " + stay.text());
    hear("booking " + stay.text() + " nobody");
    hear("booking nothing " + ann.text());
    EXPECT_TRUE(of_ann->told.empty());
}

TEST_F(graphql_subscriptions, are_so_many_for_one_and_so_many_in_all)
{
    const auto f = std::make_shared<remembering>();
    auto first = join(ann, f);
    const auto second = join(ann, f);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(join(ann, f).error().code, errc::too_many_requests);
    const auto third = join(ben, f);
    ASSERT_TRUE(third);
    EXPECT_EQ(join(ben, f).error().code, errc::overloaded);
    first->reset();
    EXPECT_TRUE(join(ann, f)) << "a place that was given back";
}

TEST_F(graphql_subscriptions, tell_everybody_when_something_may_have_been_missed)
{
    const auto of_ann = std::make_shared<remembering>(), of_ben = std::make_shared<remembering>();
    const auto one = join(ann, of_ann), other = join(ben, of_ben);
    all.lost();
    io.run();
    EXPECT_EQ(of_ann->lost, 1);
    EXPECT_EQ(of_ben->lost, 1);
}

TEST_F(graphql_subscriptions, forget_who_has_gone)
{
    auto of_ann = std::make_shared<remembering>();
    auto place = join(ann, of_ann);
    all.heard("booking " + stay.text() + " " + ann.text());
    place->reset();
    of_ann.reset();
    EXPECT_EQ(io.run(), 1u) << "what was on its way reaches nobody";
    hear("booking " + stay.text() + " " + ann.text());
}

}  // namespace
}  // namespace roost::graphql
