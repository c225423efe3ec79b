#include "platform/jobs/celery_message.hpp"

#include <gtest/gtest.h>

namespace roost::jobs::celery {
namespace {

/// As Debian's Celery writes it.
constexpr std::string_view real =
    R"json({"body": "W1tdLCB7InRleHQiOiAiWm9cdTAwZWIifSwgeyJjYWxsYmFja3MiOiBudWxsLCAiZXJyYmFja3MiOiBudWxsLCAiY2hhaW4iOiBudWxsLCAiY2hvcmQiOiBudWxsfV0=",
"content-encoding": "utf-8", "content-type": "application/json",
"headers": {"lang": "py", "task": "test.note", "id": "6f1c2f6e-6d1c-4b7e-9c2f-0a1b2c3d4e5f",
 "root_id": "6f1c2f6e-6d1c-4b7e-9c2f-0a1b2c3d4e5f", "parent_id": null, "group": "g1", "group_index": null, "retries": 0,
 "eta": "2026-12-24T15:00:00.500000+01:00", "expires": null, "timelimit": [null, null], "shadow": null,
 "argsrepr": "()", "kwargsrepr": "{}", "origin": "gen1@host", "ignore_result": false},
"properties": {"correlation_id": "6f1c2f6e-6d1c-4b7e-9c2f-0a1b2c3d4e5f", "reply_to": "x", "delivery_mode": 2,
 "delivery_info": {"exchange": "", "routing_key": "roost"}, "priority": 0, "body_encoding": "base64",
 "delivery_tag": "t"}})json";

std::string changed(std::string_view what, std::string_view into)
{
    std::string text{real};
    const auto at = text.find(what);
    EXPECT_NE(at, text.npos) << what;
    return text.replace(at, what.size(), into);
}

TEST(celery_message, what_celery_writes_is_read)
{
    const auto m = read_message(real);
    ASSERT_TRUE(m) << m.error().why;
    EXPECT_EQ(m->task, "test.note");
    EXPECT_EQ(m->id.text(), "6f1c2f6e-6d1c-4b7e-9c2f-0a1b2c3d4e5f");
    EXPECT_EQ(m->kwargs, R"({"text":"Zoë"})");
    EXPECT_EQ(format(m->eta.value()), "2026-12-24T14:00:00.500000Z");
    EXPECT_EQ(m->group_id, "g1");
    EXPECT_FALSE(m->expires || m->parent_id || m->ignore_result);
}

TEST(celery_message, what_we_write_is_read_again)
{
    const task_message m{.id = uuid::v7(), .task = "shop.greet", .kwargs = R"({"a":[1,"\"]},{"],"b":null})"};
    const auto back = read_message(write_message(m, "py"));
    ASSERT_TRUE(back) << back.error().why;
    EXPECT_EQ(back->id, m.id);
    EXPECT_EQ(back->task, m.task);
    EXPECT_EQ(back->kwargs, m.kwargs);
}

TEST(celery_message, what_lacks_a_part_is_refused_with_the_reason_and_what_is_known)
{
    struct
    {
        std::string text, why;
        bool id_known;
    } const cases[] = {
        {"", "not a JSON object", false},
        {"[]", "not a JSON object", false},
        {std::string(300'000, ' '), "longer", false},
        {std::string(10'000, '['), "not a JSON object", false},
        {changed("6f1c2f6e-", "nonsense"), "headers.id", false},
        {changed("\"task\": \"test.note\"", "\"task\": 3"), "headers.task", true},
        {changed("application/json", "application/x-python-serialize"), "content-type", true},
        {changed("\"content-encoding\": \"utf-8\"", "\"content-encoding\": \"binary\""), "content-encoding", true},
        {changed("W1td", "W1t"), "the body", true},
        {changed("W1td", "!!!!"), "the body", true},
        {changed("\"body_encoding\": \"base64\"", "\"body_encoding\": null"), "the body", true},
        {changed("2026-12-24T15:00:00.500000+01:00", "2026-12-24T15:00:00"), "eta", true},
        {changed("\"expires\": null", "\"expires\": 5"), "expires", true},
    };
    for (const auto& c : cases)
    {
        const auto m = read_message(c.text);
        ASSERT_FALSE(m) << c.text.substr(0, 100);
        EXPECT_NE(m.error().why.find(c.why), std::string::npos) << m.error().why << " for " << c.why;
        EXPECT_EQ(m.error().from.has_value(), c.id_known) << c.why;
    }
}

TEST(celery_message, a_result_says_what_the_client_raises)
{
    const task_message m{.id = uuid::parse("6f1c2f6e-6d1c-4b7e-9c2f-0a1b2c3d4e5f").value(), .task = "t"};
    const auto at = parse_instant("2026-12-24T14:00:00.5Z").value();
    EXPECT_EQ(
        write_result(m, result_state::failure, "no \"room\"", at),
        R"({"status":"FAILURE","result":{"exc_type":"RuntimeError","exc_message":["no \"room\""],"exc_module":"builtins"},)"
        R"("traceback":null,"children":[],"date_done":"2026-12-24T14:00:00.500000","task_id":"6f1c2f6e-6d1c-4b7e-9c2f-0a1b2c3d4e5f",)"
        R"("parent_id":null,"group_id":null})");
}

}  // namespace
}  // namespace roost::jobs::celery
