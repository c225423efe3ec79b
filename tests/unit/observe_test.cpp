#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <thread>

#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"

namespace roost {
namespace {

using namespace std::literals;

TEST(metrics, add_up_over_threads_that_are_gone)
{
    observe::registry r;
    auto& hits = r.counter("hits_total", "Hits.");
    auto& inside = r.gauge("inside", "Inside.");
    auto& times = r.histogram("times_seconds", "Times.");
    for (int round = 0; round < 3; ++round)
    {
        std::vector<std::jthread> all;
        for (int t = 0; t < 4; ++t)
            all.emplace_back([&] {
                for (int i = 0; i < 10'000; ++i)
                {
                    hits.add();
                    inside.add(i % 2 ? 1 : -1);
                    times.observe(3ms);
                }
            });
    }
    EXPECT_EQ(hits.value(), 120'000u);
    EXPECT_EQ(inside.value(), 0);
    const auto [buckets, sum] = times.value();
    EXPECT_EQ(buckets[3], 120'000u);  // 2.5 ms < 3 ms <= 5 ms
    EXPECT_DOUBLE_EQ(sum, 360);
}

TEST(metrics, are_read_while_others_write)
{
    observe::registry r;
    auto& hits = r.counter("hits_total", "Hits.");
    std::atomic<bool> end = false;
    std::jthread writer{[&] {
        while (!end) hits.add();
    }};
    std::uint64_t last = 0;
    for (int i = 0; i < 1000; ++i)
    {
        const auto now = hits.value();
        ASSERT_GE(now, last);
        last = now;
    }
    end = true;
}

TEST(metrics, are_rendered_for_prometheus)
{
    observe::registry r;
    r.counter("b_total", "Bs.", {{"path", "a\"\\\n"}}).add(2);
    r.gauge("c", "Cs.").set(1.5);
    r.gauge("d_total", "Ds.", {}, [] { return 7.0; });
    const std::array bounds{0.1, 1.0};
    auto& h = r.histogram("a_seconds", "As.", {{"x", "y"}}, bounds);
    h.observe(50ms);
    h.observe(100ms);
    h.observe(2s);
    EXPECT_EQ(r.text(),
              "# HELP a_seconds As.\n# TYPE a_seconds histogram\n"
              "a_seconds_bucket{x=\"y\",le=\"0.1\"} 2\na_seconds_bucket{x=\"y\",le=\"1\"} 2\n"
              "a_seconds_bucket{x=\"y\",le=\"+Inf\"} 3\na_seconds_sum{x=\"y\"} 2.15\na_seconds_count{x=\"y\"} 3\n"
              "# HELP b_total Bs.\n# TYPE b_total counter\nb_total{path=\"a\\\"\\\\\\n\"} 2\n"
              "# HELP c Cs.\n# TYPE c gauge\nc 1.5\n"
              "# HELP d_total Ds.\n# TYPE d_total counter\nd_total 7\n");
    EXPECT_EQ(&r.gauge("c", "Cs."), &r.gauge("c", "Cs."));
    EXPECT_THROW(r.counter("c", "Cs."), std::logic_error);
}

TEST(metrics, know_the_process)
{
    const auto text = observe::metrics().text();
    for (const auto* name : {"process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_open_fds "})
        EXPECT_TRUE(text.contains(name)) << name;
}

std::vector<boost::json::object> lines_of(const std::string& file)
{
    std::vector<boost::json::object> lines;
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);) lines.push_back(boost::json::parse(line).as_object());
    return lines;
}

class logs : public testing::Test
{
protected:
    std::string file = testing::TempDir() + "roost_log_" + std::to_string(::getpid());
    void SetUp() override { std::remove(file.c_str()); }
    void TearDown() override
    {
        log::shutdown();
        std::remove(file.c_str());
    }
};

TEST_F(logs, are_json_lines_without_secrets)
{
    log::init({.file = file});
    log::debug("not at this level");
    log::warn("it \"broke\"\n", {{"n", 3}, {"ok", false}, {"ms", 1.5}, {"bad", "\xff"}, {"nan", 0.0 / 0.0}});
    log::info("login", {{"password", "hunter2"}, {"refresh_token", "t"}, {"Authorization", "Bearer x"}, {"user", "u"}});
    log::shutdown();
    const auto lines = lines_of(file);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].at("level"), "warn");
    EXPECT_EQ(lines[0].at("message"), "it \"broke\"\n");
    EXPECT_EQ(lines[0].at("n"), 3);
    EXPECT_EQ(lines[0].at("ok"), false);
    EXPECT_EQ(lines[0].at("bad"), "\xef\xbf\xbd");
    EXPECT_TRUE(lines[0].at("nan").is_null());
    EXPECT_EQ(lines[0].at("time").as_string().size(), 24u);
    for (const auto* name : {"password", "refresh_token", "Authorization"})
        EXPECT_EQ(lines[1].at(name), "[hidden]") << name;
    EXPECT_EQ(lines[1].at("user"), "u");
}

TEST_F(logs, never_wait_and_count_what_is_lost)
{
    log::init({.file = file, .queue_lines = 16});
    const auto before = log::dropped();
    constexpr std::uint64_t written = 50'000;
    {
        std::vector<std::jthread> all;
        for (int t = 0; t < 4; ++t)
            all.emplace_back([] {
                for (std::uint64_t i = 0; i < written / 4; ++i) log::info("line", {{"i", i}});
            });
    }
    log::shutdown();
    EXPECT_EQ(lines_of(file).size() + (log::dropped() - before), written);
}

}  // namespace
}  // namespace roost
