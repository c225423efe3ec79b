#include <gtest/gtest.h>

#include <format>

#include "platform/mail/message.hpp"

using namespace roost;
using namespace std::chrono_literals;

namespace {

mail::message letter()
{
    return {.id = "0193e0a0@roost.example",
            .date = instant{std::chrono::sys_days{2027y / 3 / 5}} + 15h + 4min + 5s,
            .from = {"stays@roost.example", "Roost"},
            .to = {"ann@example.com", "Ann"},
            .reply_to = {},
            .subject = "Your stay",
            .text = {},
            .html = {},
            .unsubscribe = {},
            .attachments = {}};
}

std::string header(const mail::message& m, std::string_view name)
{
    for (const auto& h : mail::headers_of(m))
        if (h.starts_with(name)) return h.substr(name.size() + 2);
    return "none";
}

}  // namespace

TEST(mail_headers, are_those_of_rfc_5322)
{
    const auto m = letter();
    EXPECT_EQ(header(m, "Date"), "Fri, 05 Mar 2027 15:04:05 +0000");
    EXPECT_EQ(header(m, "From"), "\"Roost\" <stays@roost.example>");
    EXPECT_EQ(header(m, "To"), "\"Ann\" <ann@example.com>");
    EXPECT_EQ(header(m, "Subject"), "Your stay");
    EXPECT_EQ(header(m, "Message-ID"), "<0193e0a0@roost.example>");
    EXPECT_EQ(header(m, "Reply-To"), "none");
    EXPECT_EQ(header(m, "List-Unsubscribe"), "none");
}

TEST(mail_headers, offer_one_click_only_where_there_is_a_link)
{
    auto m = letter();
    m.unsubscribe = "https://roost.example/unsubscribe?t=abc";
    EXPECT_EQ(header(m, "List-Unsubscribe"), "<https://roost.example/unsubscribe?t=abc>");
    EXPECT_EQ(header(m, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
}

TEST(mail_headers, hold_no_line_end_that_is_not_folding)
{
    auto m = letter();
    m.subject = "One\r\nBcc: victim@example.com";
    m.to.name = "Ann\nBcc: victim@example.com\r\n\r\nbody";
    m.id = "x\r\nBcc: victim@example.com";
    for (const auto& h : mail::headers_of(m))
        for (std::size_t at = h.find('\n'); at != h.npos; at = h.find('\n', at + 1))
            EXPECT_TRUE(at > 0 && h[at - 1] == '\r' && h.substr(at + 1).starts_with(' ')) << h;
    EXPECT_EQ(header(m, "Subject"), "One  Bcc: victim@example.com");
}

TEST(mail_headers, encode_what_is_not_ascii_in_words_of_whole_characters)
{
    auto m = letter();
    for (int i = 0; i < 60; ++i) m.subject += "日";
    const auto h = header(m, "Subject");
    std::size_t begin = 0;
    while (begin < h.size())
    {
        const auto end = std::min(h.find("\r\n ", begin), h.size());
        const auto word = h.substr(begin, end - begin);
        EXPECT_TRUE(word.starts_with("=?UTF-8?B?") && word.ends_with("?=") && word.size() <= 75) << word;
        EXPECT_EQ((word.size() - 12) % 4, 0u);
        begin = end + 3;
    }
}

TEST(mail_headers, quote_names_and_never_let_a_name_look_encoded)
{
    auto m = letter();
    m.to.name = R"(A "B" \ C)";
    EXPECT_EQ(header(m, "To"), R"("A \"B\" \\ C" <ann@example.com>)");
    m.to.name = "=?UTF-8?B?Qg==?=";
    EXPECT_TRUE(header(m, "To").starts_with("=?UTF-8?B?PT9VVEYtOD9CP1FnPT0/PQ==?=")) << header(m, "To");
    m.to.name = "";
    EXPECT_EQ(header(m, "To"), "<ann@example.com>");
}

TEST(mail_headers, encode_a_name_that_is_long_however_plain)
{
    auto m = letter();
    m.to.name = "x <victim@example.com>, yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy";
    ASSERT_GT(m.to.name.size(), 60u);
    const auto to = header(m, "To");
    EXPECT_FALSE(to.contains("victim")) << to;
    EXPECT_TRUE(to.starts_with("=?UTF-8?B?") && to.ends_with("\r\n <ann@example.com>")) << to;
    m.to.name.resize(60);
    EXPECT_EQ(header(m, "To"), std::format("\"{}\" <ann@example.com>", m.to.name)) << "quoted while it fits a line";
}

TEST(mail_addresses, are_sendable_when_they_are_one_and_plain)
{
    for (const auto* good : {"a@b", "ann+tag@example.com", "o'neil@example.co.uk"})
        EXPECT_TRUE(mail::is_sendable(good));
    for (const auto* bad :
         {"", "@", "a@", "@b", "a b@c", "a@b>", "<a@b", "a@b,c@d", "a@b\r\nRCPT TO:<c@d>", "é@b", "a@b@c"})
        EXPECT_FALSE(mail::is_sendable(bad)) << bad;
}
