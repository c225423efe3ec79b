#include "feeds/ical_reader.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <chrono>
#include <format>
#include <map>
#include <random>

#include "feeds/ical_writer.hpp"

namespace roost::feeds {
namespace {

const date today = *parse_date("2027-03-01");
const date_range window{today, today + std::chrono::days{1'800}};
const auto paris = *time_zone::parse("Europe/Paris");
const auto auckland = *time_zone::parse("Pacific/Auckland");

date_range nights(std::string_view from, std::string_view to) { return {*parse_date(from), *parse_date(to)}; }

std::string calendar(std::string_view events)
{
    return std::format("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events);
}

std::string event(std::string_view lines) { return std::format("BEGIN:VEVENT\r\n{}END:VEVENT\r\n", lines); }

std::vector<date_range> closed(std::string_view text, const time_zone& zone = paris)
{
    const auto got = read_closed_nights(text, zone, window);
    EXPECT_TRUE(got) << (got ? "" : name_of(got.error().fault)) << (got ? 0 : got.error().line);
    return got ? got->ranges : std::vector<date_range>{};
}

std::vector<date_range> closed_by(std::string_view lines, const time_zone& zone = paris)
{
    return closed(calendar(event(lines)), zone);
}

std::optional<ical_fault> fault_of(std::string_view text, const ical_limits& limits = {})
{
    const auto got = read_closed_nights(text, paris, window, limits);
    return got ? std::nullopt : std::optional{got.error().fault};
}

using ranges = std::vector<date_range>;

TEST(ical_reader, takes_dtend_as_the_day_of_departure)
{
    EXPECT_EQ(closed_by("DTSTART;VALUE=DATE:20270310\r\nDTEND;VALUE=DATE:20270313\r\n"),
              (ranges{nights("2027-03-10", "2027-03-13")}));
    EXPECT_EQ(closed_by("DTSTART:20270310\r\n"), (ranges{nights("2027-03-10", "2027-03-11")}));
    EXPECT_EQ(closed_by("DTSTART:20270310\r\nDTEND:20270310\r\n"), (ranges{nights("2027-03-10", "2027-03-11")}));
    EXPECT_EQ(closed_by("DTSTART;VALUE=DATE:20270310\r\nDURATION:P1W\r\n"),
              (ranges{nights("2027-03-10", "2027-03-17")}));
}

TEST(ical_reader, merges_what_overlaps_or_touches)
{
    const auto text =
        calendar(event("DTSTART:20270310\nDTEND:20270313\n") + event("DTSTART:20270313\nDTEND:20270315\n")
                 + event("DTSTART:20270320\nDTEND:20270330\n") + event("DTSTART:20270322\nDTEND:20270323\n")
                 + event("DTSTART:20270301\nDTEND:20270302\n"));
    EXPECT_EQ(closed(text), (ranges{nights("2027-03-01", "2027-03-02"), nights("2027-03-10", "2027-03-15"),
                                    nights("2027-03-20", "2027-03-30")}));
}

TEST(ical_reader, reads_calendars_as_platforms_really_write_them)
{
    EXPECT_EQ(
        closed(
            "\xEF\xBB\xBF"
            "BEGIN:VCALENDAR\nPRODID:x\nPRODID:y\r\nVERSION:2.0\nVERSION:2.0\n\n \n"
            "begin:vevent\nDTSTART;VALUE=DATE:2027\n 0310\nDTEND;VALUE=DA\r\n TE:20270312\nSUMMARY:Airb\n nb (Not available)\n"
            "DESCRIPTION:broken\nat: the wrong place\nEND:VEVENT\n\r\n\nBEGIN:VTIMEZONE\nTZID:Europe/Paris\n"
            "BEGIN:STANDARD\nDTSTART:16010101T000000\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"
            "END:VCALENDAR"),
        (ranges{nights("2027-03-10", "2027-03-12")}));
}

TEST(ical_reader, moves_times_to_the_days_of_the_property)
{
    const auto tokyo = *time_zone::parse("Asia/Tokyo");
    EXPECT_EQ(closed_by("DTSTART:20270310T150000Z\r\nDTEND:20270312T010000Z\r\n", tokyo),
              (ranges{nights("2027-03-11", "2027-03-12")}));
    EXPECT_EQ(
        closed_by("DTSTART;TZID=America/New_York:20270310T190000\r\nDTEND;TZID=America/New_York:20270312T110000\r\n"),
        (ranges{nights("2027-03-11", "2027-03-12")}));
    EXPECT_EQ(closed_by("DTSTART;TZID=\"/mozilla.org/20050126_1/Asia/Tokyo\":20270310T050000\r\n"
                        "DTEND;TZID=Nowhere/At All:20270312T110000\r\n"),
              (ranges{nights("2027-03-09", "2027-03-12")}));
    EXPECT_EQ(closed_by("DTSTART:20270328T023000\r\nDTEND:20270329T010000\r\n"),
              (ranges{nights("2027-03-28", "2027-03-29")}));
    for (const auto* zone : {"Pacific/Kiritimati", "Pacific/Pago_Pago"})
        EXPECT_EQ(closed_by("DTSTART:20270310T160000\r\nDTEND:20270312T100000\r\n", *time_zone::parse(zone)),
                  (ranges{nights("2027-03-10", "2027-03-12")}));
}

TEST(ical_reader, counts_what_closes_nothing)
{
    const auto got =
        read_closed_nights(calendar(event("DTSTART:20270310\nDTEND:20270308\n") + event("SUMMARY:no beginning\n")
                                    + event("DTSTART:20270310T100000\nDTEND:20270310T110000\n")
                                    + event("DTSTART:20270310\nDTEND:20270312\nSTATUS:CANCELLED\n")
                                    + event("DTSTART:20270401\nDTEND:20270402\nTRANSP:TRANSPARENT\n")),
                           paris, window);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->ranges, (ranges{nights("2027-04-01", "2027-04-02")}));
    EXPECT_EQ(got->events, 4U);
    EXPECT_EQ(got->ignored, 3U);
}

TEST(ical_reader, keeps_to_its_window)
{
    EXPECT_EQ(closed_by("DTSTART:20200101\nDTEND:20270305\n"), (ranges{nights("2027-03-01", "2027-03-05")}));
    EXPECT_EQ(closed_by("DTSTART:00000101\nDTEND:99991231\n"), (ranges{window}));
    EXPECT_EQ(closed_by("DTSTART:00010101T000000Z\nDTEND;TZID=Europe/Paris:99991231T235959\n"), (ranges{window}));
    EXPECT_EQ(closed_by("DTSTART:20200101\nDTEND:20200102\n"), ranges{});
}

TEST(ical_reader, repeats_by_rule_and_leaves_out_what_is_excepted_or_moved)
{
    EXPECT_EQ(closed_by("DTSTART:20270305\nDTEND:20270307\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20270312\n"),
              (ranges{nights("2027-03-05", "2027-03-07"), nights("2027-03-19", "2027-03-21")}));
    EXPECT_EQ(closed_by("DTSTART:20270305\nDTEND:20270306\nRDATE;VALUE=DATE:20270310,20270320\n"),
              (ranges{nights("2027-03-05", "2027-03-06"), nights("2027-03-10", "2027-03-11"),
                      nights("2027-03-20", "2027-03-21")}));
    EXPECT_EQ(closed(calendar(event("UID:a\nDTSTART:20270305\nRRULE:FREQ=WEEKLY;COUNT=2\n")
                              + event("UID:a\nRECURRENCE-ID:20270312\nDTSTART:20270314\n"))),
              (ranges{nights("2027-03-05", "2027-03-06"), nights("2027-03-14", "2027-03-15")}));
    EXPECT_EQ(closed_by("DTSTART;TZID=America/New_York:20270305T160000\nDTEND;TZID=America/New_York:20270306T100000\n"
                        "RRULE:FREQ=DAILY;UNTIL=20270307T030000Z\n"),
              (ranges{nights("2027-03-05", "2027-03-07")}));
}

/// At 10:00 in Auckland, which is 21:00 of the day before in UTC.
constexpr auto three_nights =
    "UID:a\nDTSTART;TZID=Pacific/Auckland:20270305T100000\nDTEND;TZID=Pacific/Auckland:20270306T090000\n"
    "RRULE:FREQ=DAILY;COUNT=3\n";

TEST(ical_reader, finds_what_is_excepted_by_the_clock_of_the_event)
{
    const ranges without_sixth{nights("2027-03-05", "2027-03-06"), nights("2027-03-07", "2027-03-08")};
    EXPECT_EQ(closed_by(three_nights, auckland), (ranges{nights("2027-03-05", "2027-03-08")}));
    for (const auto* except : {":20270305T210000Z", ";TZID=Europe/Paris:20270305T220000", ":20270306T100000",
                               ";TZID=Pacific/Auckland:20270306T100000", ";VALUE=DATE:20270306"})
        EXPECT_EQ(closed_by(std::format("{}EXDATE{}\n", three_nights, except), auckland), without_sixth) << except;
    EXPECT_EQ(closed_by("DTSTART:20270304T210000Z\nDTEND:20270305T200000Z\nRRULE:FREQ=DAILY;COUNT=3\n"
                        "EXDATE;TZID=Pacific/Auckland:20270306T100000\n",
                        auckland),
              without_sixth);
    EXPECT_EQ(closed_by("DTSTART;TZID=New Zealand Standard Time:20270305T100000\nDURATION:PT23H\n"
                        "RRULE:FREQ=DAILY;COUNT=3\nEXDATE:20270305T210000Z\n",
                        auckland),
              without_sixth);
    EXPECT_EQ(closed_by("DTSTART:20270305\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20270306T000000Z\n"), without_sixth);
}

TEST(ical_reader, finds_what_is_replaced_by_the_clock_of_its_series)
{
    const auto replaced = [](std::string_view by) {
        return closed(
            calendar(event(std::format("UID:a\nRECURRENCE-ID:20270305T210000Z\n{}", by)) + event(three_nights)),
            auckland);
    };
    EXPECT_EQ(replaced("STATUS:CANCELLED\n"),
              (ranges{nights("2027-03-05", "2027-03-06"), nights("2027-03-07", "2027-03-08")}));
    EXPECT_EQ(replaced("DTSTART:20270310T000000Z\nDTEND:20270312T000000Z\n"),
              (ranges{nights("2027-03-05", "2027-03-06"), nights("2027-03-07", "2027-03-08"),
                      nights("2027-03-10", "2027-03-12")}));
    EXPECT_EQ(fault_of(calendar(event(three_nights)
                                + event("UID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270305T210000Z\n"
                                        "DTSTART:20270306T210000Z\nDTEND:20270307T200000Z\n"))),
              ical_fault::too_complex);
}

TEST(ical_reader, adds_by_the_clock_of_the_event)
{
    EXPECT_EQ(closed_by(std::format("{}RDATE:20270309T210000Z\n", three_nights), auckland),
              (ranges{nights("2027-03-05", "2027-03-08"), nights("2027-03-10", "2027-03-11")}));
    EXPECT_EQ(closed_by("DTSTART:20270305T090000Z\nDTEND:20270306T080000Z\nRDATE:20270310T230000Z\n", auckland),
              (ranges{nights("2027-03-05", "2027-03-06"), nights("2027-03-11", "2027-03-12")}));
    // A stay that has begun before the window still ends on its day.
    EXPECT_EQ(closed_by("DTSTART;TZID=Pacific/Auckland:20260101T100000\nDTEND;TZID=Pacific/Auckland:20260201T090000\n"
                        "RDATE:20270209T210000Z\n",
                        auckland),
              (ranges{nights("2027-03-01", "2027-03-13")}));
}

TEST(ical_reader, ends_repetition_by_the_clock_of_the_event)
{
    EXPECT_EQ(closed_by("DTSTART;TZID=New Zealand Standard Time:20270305T100000\nDURATION:PT23H\n"
                        "RRULE:FREQ=DAILY;UNTIL=20270306T210000Z\n",
                        auckland),
              (ranges{nights("2027-03-05", "2027-03-08")}));
    // On a day of 23 hours.
    EXPECT_EQ(closed_by("DTSTART;TZID=Europe/Paris:20270327T160000\nDTEND;TZID=Europe/Paris:20270328T100000\n"
                        "RRULE:FREQ=DAILY;UNTIL=20270328T140000Z\n"),
              (ranges{nights("2027-03-27", "2027-03-29")}));
}

TEST(ical_reader, gives_periods_their_own_length)
{
    const auto with = [](std::string_view added, std::string_view end = "20270306T090000Z") {
        return closed_by(std::format("DTSTART:20270305T150000Z\nDTEND:{}\nRDATE;VALUE=PERIOD:{}\n", end, added));
    };
    const auto first = nights("2027-03-05", "2027-03-06"), own = nights("2027-03-10", "2027-03-13");
    EXPECT_EQ(with("20270310T150000Z/20270313T090000Z"), (ranges{first, own}));
    EXPECT_EQ(with("20270310T150000Z/P2DT18H"), (ranges{first, own}));
    EXPECT_EQ(with("20270310T150000Z/P2DT18H,20270320T150000Z"),
              (ranges{first, own, nights("2027-03-20", "2027-03-21")}));
    EXPECT_EQ(with("20270310T150000Z/P2DT18H\nEXDATE:20270310T150000Z"), (ranges{first}));
    EXPECT_EQ(with("20270310T150000Z/P2DT18H", "20270305T160000Z"), (ranges{own}));
    for (const auto* end : {"", "P", "20270313T"})
        EXPECT_EQ(fault_of(calendar(event(std::format("DTSTART:20270305\nRDATE:20270310/{}\n", end)))),
                  ical_fault::malformed)
            << end;
}

TEST(ical_reader, knows_stays_from_closures)
{
    const auto got =
        read_closed_nights(calendar(event("DTSTART:20270310\nDTEND:20270312\nSUMMARY:Reserved\n")
                                    + event("DTSTART:20270312\nDTEND:20270314\nSUMMARY:Réservée - X\n")
                                    + event("DTSTART:20270314\nDTEND:20270316\nSUMMARY:CLOSED - Not available\n")),
                           paris, window);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->ranges, (ranges{nights("2027-03-10", "2027-03-16")}));
    EXPECT_EQ(got->closures, (ranges{nights("2027-03-14", "2027-03-16")}));
}

TEST(ical_reader, believes_only_whole_calendars)
{
    const auto whole = calendar(event("DTSTART:20270310\r\nDTEND:20270313\r\n"));
    for (std::size_t cut = 0; cut + 2 < whole.size(); ++cut) EXPECT_TRUE(fault_of(whole.substr(0, cut))) << cut;
    EXPECT_EQ(fault_of(whole), std::nullopt);
    EXPECT_EQ(fault_of(whole.substr(0, 60)), ical_fault::truncated);
    EXPECT_EQ(fault_of(""), ical_fault::not_a_calendar);
    EXPECT_EQ(fault_of("<!DOCTYPE html>\n<html>Sign in</html>"), ical_fault::not_a_calendar);
    EXPECT_EQ(fault_of("BEGIN:VCARD\nEND:VCARD\n"), ical_fault::not_a_calendar);
    EXPECT_EQ(fault_of(calendar("BEGIN:VEVENT\nEND:VTODO\n")), ical_fault::malformed);
    for (const auto* lines : {"DTSTART:tomorrow\n", "DTSTART:20270230\n", "DTSTART:20270310T250000\n",
                              "DTSTART:20270310\nDURATION:-P1D\n", "DTSTART:20270310\nEXDATE:x\n"})
        EXPECT_EQ(fault_of(calendar(event(lines))), ical_fault::malformed) << lines;
}

TEST(ical_reader, refuses_what_has_no_measure)
{
    const auto refused = [](std::string_view rule) {
        return fault_of(calendar(event(std::format("DTSTART:20270310\nRRULE:{}\n", rule))));
    };
    EXPECT_EQ(refused("FREQ=SECONDLY;COUNT=1000000000"), ical_fault::too_complex);
    EXPECT_EQ(refused("FREQ=DAILY;COUNT=1000000000"), std::nullopt);
    EXPECT_EQ(fault_of("BEGIN:VCALENDAR\n" + std::string(20, 'x')), ical_fault::truncated);

    std::string many = "BEGIN:VCALENDAR\n", deep, rules = many;
    for (int i = 0; i < 100'000; ++i)
    {
        many += "BEGIN:VEVENT\nDTSTART:20270310\nEND:VEVENT\n";
        deep += "BEGIN:VCALENDAR\n";
        if (i < 9'000)
            rules += "BEGIN:VEVENT\nDTSTART:19000101\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n";
    }
    EXPECT_EQ(fault_of(many + "END:VCALENDAR\n"), ical_fault::too_many_events);
    EXPECT_EQ(fault_of(deep), ical_fault::malformed);
    EXPECT_EQ(fault_of(rules + "END:VCALENDAR\n"), ical_fault::too_complex);
    EXPECT_EQ(fault_of(calendar(event("DESCRIPTION:" + std::string(4'900'000, 'a') + "\n"))), ical_fault::malformed);
    std::string parameters = "DTSTART";
    for (int i = 0; i < 1'000'000; ++i) parameters += ";X=1\n ";
    EXPECT_EQ(fault_of(calendar(event(parameters + ":20270310\n"))), ical_fault::malformed);
    std::string except = "DTSTART:20000101\nRRULE:FREQ=DAILY\nEXDATE:20270310";
    for (int i = 0; i < 100'000; ++i) except += ",20270310";
    EXPECT_EQ(fault_of(calendar(event(except + "\n"))), std::nullopt);
}

/// The files of a .tar.gz by their names.
std::map<std::string, std::string> files_of(const std::string& archive)
{
    std::string tar;
    auto* in = gzopen(archive.c_str(), "rb");
    std::string piece(1 << 16, '\0');
    for (int n; in && (n = gzread(in, piece.data(), static_cast<unsigned>(piece.size()))) > 0;)
        tar.append(piece, 0, static_cast<std::size_t>(n));
    if (in) gzclose(in);
    std::map<std::string, std::string> files;
    for (std::size_t at = 0; at + 512 <= tar.size() && tar[at] != '\0';)
    {
        const std::string name{tar.c_str() + at};
        const auto size = std::stoul(tar.substr(at + 124, 11), nullptr, 8);
        files[name] = tar.substr(at + 512, size);
        at += 512 + (size + 511) / 512 * 512;
    }
    return files;
}

/// Three corpora, two of them of what breaks readers. Nothing is asserted about time; a reader that hangs is seen.
TEST(ical_reader, reads_or_refuses_every_file_of_the_corpora)
{
    std::map<std::string, int> seen;
    for (const auto* corpus : {"ical.js-samples", "ical4j-samples", "libical-test-data"})
    {
        const auto files = files_of(std::string{ROOST_TEST_DATA} + "/ical/" + corpus + ".tar.gz");
        EXPECT_GT(files.size(), 40U) << corpus;
        for (const auto& [name, text] : files)
        {
            const auto got = read_closed_nights(text, paris, {today - std::chrono::days{12'000}, today});
            ++seen[got ? "read" : std::string{name_of(got.error().fault)}];
            if (name.contains("/samples/valid/rfc"))
            {
                EXPECT_TRUE(got) << name << ": " << name_of(got.error().fault);
            }
            if (!got) continue;
            for (std::size_t i = 1; i < got->ranges.size(); ++i)
                EXPECT_LT(got->ranges[i - 1].to(), got->ranges[i].from());
        }
    }
    for (const auto& [what, count] : seen) RecordProperty(what, count);
    EXPECT_GT(seen["read"], 100);
    EXPECT_GT(seen["not_a_calendar"], 5);  // the licences, and fragments
}

TEST(ical_writer, is_read_as_written)
{
    std::mt19937 random{4};
    for (int round = 0; round < 200; ++round)
    {
        ranges want;
        std::vector<ical_entry> entries;
        for (int i = 0; i < 20; ++i)
        {
            const auto from = today + std::chrono::days{std::uniform_int_distribution{0, 400}(random)};
            const auto to = from + std::chrono::days{std::uniform_int_distribution{1, 20}(random)};
            want.emplace_back(from, to);
            entries.push_back({std::format("{}@roost", i), from, to, "Reserved; \\ ,\n é漢😀", instant{today}, i});
        }
        EXPECT_EQ(closed(write_calendar("Flat; by the canal", entries)), merged(want));
    }
}

TEST(ical_writer, folds_lines_without_cutting_characters)
{
    for (std::size_t pad = 0; pad < 80; ++pad)
    {
        std::string line = "SUMMARY:" + std::string(pad, 'a'), out, unfolded;
        for (int i = 0; i < 60; ++i) line += "é漢😀";
        append_ical_line(out, line);
        for (std::size_t at = 0; at < out.size();)
        {
            const auto end = out.find("\r\n", at);
            ASSERT_LE(end - at, 75U);
            const bool first = at == 0;
            ASSERT_TRUE(first || out[at] == ' ');
            const auto piece = out.substr(at + !first, end - at - !first);
            ASSERT_NE(static_cast<unsigned char>(piece[0]) & 0xC0U, 0x80U);
            unfolded += piece;
            at = end + 2;
        }
        EXPECT_EQ(unfolded, line);
    }
    EXPECT_EQ(escape_ical_text("a,b;c\\d\r\ne\x01"), "a\\,b\\;c\\\\d\\ne");
}

}  // namespace
}  // namespace roost::feeds
