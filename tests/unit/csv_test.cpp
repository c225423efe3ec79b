#include "core/csv.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <format>
#include <random>
#include <string>
#include <vector>

#include "core/utf8.hpp"

namespace roost {
namespace {

using namespace std::literals;

/// Gives the text in pieces of at most `piece` bytes.
csv_reader::source pieces(std::string text, std::size_t piece)
{
    return [text = std::move(text), piece, at = std::size_t{0}](char* into, std::size_t size) mutable {
        const auto n = std::min({piece, size, text.size() - at});
        std::memcpy(into, text.data() + at, n);
        at += n;
        return n;
    };
}

/// Every row as one line for people: "2: a|b" or "3! text after a closing quote".
std::vector<std::string> read(const std::string& text, std::size_t piece = 1000, csv_limits limits = {})
{
    std::vector<std::string> rows;
    csv_reader reader{pieces(text, piece), limits};
    while (const auto row = reader.next())
    {
        auto& out = rows.emplace_back(std::to_string(row->line));
        if (row->fault)
        {
            out += std::format("! {}", describe(*row->fault));
            continue;
        }
        for (std::size_t i = 0; i < row->fields.size(); ++i) out += std::format("{}{}", i ? "|" : ": ", row->fields[i]);
    }
    return rows;
}

using lines = std::vector<std::string>;

TEST(csv, reads_what_the_rfc_has)
{
    EXPECT_EQ(read("a,b\r\n1,2\r\n"), (lines{"1: a|b", "2: 1|2"}));
    EXPECT_EQ(read("a,b\n1,2"), (lines{"1: a|b", "2: 1|2"}));
    EXPECT_EQ(read("a,\"b,c\"\n,\n"), (lines{"1: a|b,c", "2: |"}));
    EXPECT_EQ(read("\"say \"\"hi\"\"\",\"\"\"\",\"\"\"\"\"\"\n"), (lines{"1: say \"hi\"|\"|\"\""}));
    EXPECT_EQ(read("\"\"\n"), (lines{"1: "}));
    EXPECT_EQ(read(""), lines{});
}

TEST(csv, reads_what_real_files_do)
{
    EXPECT_EQ(read("\xEF\xBB\xBFid,b\n1,2\n"), (lines{"1: id|b", "2: 1|2"})) << "byte order mark";
    EXPECT_EQ(read("a,b\n\n\r\n1,2\n"), (lines{"1: a|b", "4: 1|2"})) << "empty lines";
    EXPECT_EQ(read("5\" pipe,b\n"), (lines{"1: 5\" pipe|b"})) << "a quote inside plain text";
}

TEST(csv, keeps_line_ends_within_quotes_and_counts_lines)
{
    EXPECT_EQ(read("a,b\n1,\"x\ny\"\n2,z\n"), (lines{"1: a|b", "2: 1|x\ny", "4: 2|z"}));
    EXPECT_EQ(read("a,b\n1,\"x\ry\r\"\n2,z\n"), (lines{"1: a|b", "2: 1|x\ry\r", "3: 2|z"})) << "bare CR within quotes";
    EXPECT_EQ(read("a,b\r\n1,\"x\r\ny\"\r\n2,z\r\n"), (lines{"1: a|b", "2: 1|x\r\ny", "4: 2|z"}));
}

TEST(csv, lets_the_first_line_say_whether_a_bare_cr_ends_lines)
{
    EXPECT_EQ(read("a,b\r1,2\r3,4"), (lines{"1: a|b", "2: 1|2", "3: 3|4"}));
    EXPECT_EQ(read("a,b\n1,x\ry\n3,4\n"), (lines{"1: a|b", "2: 1|x\ry", "3: 3|4"}));
    EXPECT_EQ(read("a,b\r\n1,x\ry\r\n3,4\r"), (lines{"1: a|b", "2: 1|x\ry", "3: 3|4\r"}));
}

TEST(csv, loses_only_the_bad_row)
{
    EXPECT_EQ(read("a\n\"1\"x\n2\n"), (lines{"1: a", "2! text after a closing quote", "3: 2"}));
    EXPECT_EQ(read("a\n\"1\n2\n3\n"), (lines{"1: a", "2! a quoted field is never closed", "3: 2", "4: 3"}));
    EXPECT_EQ(read("a\n\xFF\n2\n"), (lines{"1: a", "2! text that is not UTF-8", "3: 2"}));
    EXPECT_EQ(read("a\n1\0\n2\n"s), (lines{"1: a", "2! a NUL byte", "3: 2"}));
    EXPECT_EQ(read("a\n1,2,3,4\n2\n", 1000, {.row_bytes = 100, .fields = 3}),
              (lines{"1: a", "2! too many fields", "3: 2"}));
    EXPECT_EQ(read("a\n" + std::string(500, 'x') + "\n2\n", 7, {.row_bytes = 100, .fields = 3}),
              (lines{"1: a", "2! the row is too long", "3: 2"}));
}

TEST(csv, an_unclosed_quote_does_not_swallow_the_file)
{
    std::string text = "a,b\n1,\"oops\n";
    for (int i = 0; i < 1000; ++i) text += std::format("{},\"fine {}\"\n", i, i);
    const auto rows = read(text, 4096, {.row_bytes = 1000, .fields = 10});
    // The stray quote pairs up with the next field's opening quote, and that is seen.
    EXPECT_EQ(rows.size(), 1002u);
    EXPECT_EQ(rows[1], "2! text after a closing quote");
    EXPECT_EQ(rows[2], "3: 0|fine 0");
    EXPECT_EQ(rows.back(), "1002: 999|fine 999");
}

TEST(csv, memory_and_time_stay_bounded_when_every_line_is_broken)
{
    std::size_t served = 0;
    const std::string line = "\"never closed,\n";
    csv_reader reader{[&](char* into, std::size_t size) {
                          if (served >= 16 << 20) return std::size_t{0};
                          for (std::size_t i = 0; i < size; ++i) into[i] = line[(served + i) % line.size()];
                          served += size;
                          return size;
                      },
                      {.row_bytes = 1 << 16, .fields = 10}};
    int faults = 0;
    while (const auto row = reader.next()) faults += row->fault.has_value();
    EXPECT_GT(faults, 100);
}

std::string quote(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

TEST(csv, gives_back_whatever_was_written_in_pieces_of_any_size)
{
    std::mt19937 random{7};
    const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random); };
    const std::vector<std::string> bits{"a", ",", "\"", "\n", "\r", "\r\n", "é", "😀", " ", "\"\""};
    for (int round = 0; round < 300; ++round)
    {
        const std::string end = round % 2 ? "\n" : "\r\n";
        std::string text = "head" + end;
        std::vector<std::string> expected{"head"};
        for (auto rows = pick(20); rows-- > 0;)
        {
            std::string joined;
            for (auto fields = 1 + pick(4); fields-- > 0;)
            {
                std::string field;
                for (auto n = pick(6); n-- > 0;) field += bits[pick(bits.size())];
                text += quote(field) + (fields ? "," : "");
                joined += field + (fields ? "|" : "");
            }
            text += end;
            expected.push_back(joined);
        }
        for (const std::size_t piece : {std::size_t{1}, 1 + pick(9), std::size_t{100'000}})
        {
            const auto rows = read(text, piece);
            ASSERT_EQ(rows.size(), expected.size()) << text;
            for (std::size_t i = 0; i < rows.size(); ++i)
                ASSERT_EQ(rows[i].substr(rows[i].find(": ") + 2), expected[i]) << text;
        }
    }
}

TEST(csv, reads_noise_the_same_in_pieces_of_any_size)
{
    std::mt19937 random{11};
    const auto pick = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(random); };
    const std::string_view bits = "aa,,\"\"\n\r\xC3\xA9";
    for (int round = 0; round < 2000; ++round)
    {
        std::string text;
        for (auto n = pick(120); n-- > 0;) text += bits[pick(bits.size())];
        const csv_limits limits{.row_bytes = 10 + pick(30), .fields = 5};
        const auto whole = read(text, 100'000, limits);
        ASSERT_EQ(read(text, 1, limits), whole) << quote(text);
        ASSERT_EQ(read(text, 1 + pick(20), limits), whole) << quote(text);
    }
}

TEST(utf8, knows_what_is_well_formed)
{
    for (const auto good :
         {"", "abc", "é", "漢字", "😀", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF", "long enough for eight é"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const auto bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xC3", "\xE6\xBC", "12345678\xFF", "1234567\xC3"})
        EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(utf8, cuts_between_characters)
{
    EXPECT_EQ(utf8_prefix("aé😀", 0), "");
    EXPECT_EQ(utf8_prefix("aé😀", 1), "a");
    EXPECT_EQ(utf8_prefix("aé😀", 2), "aé");
    EXPECT_EQ(utf8_prefix("aé😀", 3), "aé😀");
    EXPECT_EQ(utf8_prefix("aé😀", 9), "aé😀");
}

}  // namespace
}  // namespace roost
