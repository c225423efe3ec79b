#include <gtest/gtest.h>

#include <cstring>
#include <format>
#include <fstream>
#include <vector>

#include "core/csv.hpp"
#include "importing/calendar.hpp"
#include "importing/listing.hpp"
#include "importing/progress.hpp"
#include "importing/texts.hpp"
#include "importing/vocabulary.hpp"
#include "properties/amenity.hpp"

namespace roost::importing {
namespace {

TEST(texts, html_becomes_plain_text)
{
    struct
    {
        std::string_view html, text;
    } constexpr cases[] = {
        {"one<br />two<br/>three<BR>four", "one\ntwo\nthree\nfour"},
        {"<b>The space</b><br /><br /><br /><br />Large", "The space\n\nLarge"},
        {"<p>first</p><p>second</p>", "first\n\nsecond"},
        {"Tom &amp; Jerry &lt;3 &#233; &#x1F600; &eacute; &unknown; AT&T", "Tom & Jerry <3 é 😀 é &unknown; AT&T"},
        {"&amp;lt;b&amp;gt; is not decoded twice", "&lt;b&gt; is not decoded twice"},
        {"<3 minutes, 2 < 3 > 1, <all rooms>", "<3 minutes, 2 < 3 > 1, <all rooms>"},
        {"<a href=\"https://x.example/?a=1\">link</a>", "link"},
        {"cut off in a tag <br", "cut off in a tag"},
        {"cut off in a tag <", "cut off in a tag"},
        {"bare\rCR and\r\nCRLF \t tab\x01\x7F", "bare\nCR and\nCRLF   tab"},
        {"  \n blank ends \n ", "blank ends"},
        {"&#0;&#xD800;&#1114112;", "&#0;&#xD800;&#1114112;"},
        {"", ""},
    };
    for (const auto& c : cases) EXPECT_EQ(plain_text(c.html), c.text) << c.html;
}

TEST(texts, prices_are_amounts_of_whatever_currency)
{
    EXPECT_EQ(read_price("$1,234.00", 2), 123'400);
    EXPECT_EQ(read_price("$10,286.5", 2), 1'028'650);
    EXPECT_EQ(read_price("149", 2), 14'900);
    EXPECT_EQ(read_price("CHF 84,042.00", 2), 8'404'200);
    EXPECT_EQ(read_price("$1,234.00", 0), 1'234);
    EXPECT_EQ(read_price("$1,234.50", 0), 1'235);
    EXPECT_EQ(read_price("$1.2345", 3), 1'235);
    EXPECT_EQ(read_price("$0.00", 2), 0);
    for (const auto bad : {"", "$", "free", "$12.3.4", "$12-15", "-$5.00", "$99999999999999999999"})
        EXPECT_FALSE(read_price(bad, 2)) << bad;
}

TEST(texts, lists_are_json_or_braces)
{
    using list = std::vector<std::string>;
    EXPECT_EQ(read_list(R"(["Wifi", "Children\u2019s books", "55\" HDTV"])"),
              (list{"Wifi", "Children’s books", "55\" HDTV"}));
    EXPECT_EQ(read_list(R"({Wifi,"Air conditioning","say \"hi\"",TV})"),
              (list{"Wifi", "Air conditioning", "say \"hi\"", "TV"}));
    EXPECT_EQ(read_list("[]"), list{});
    EXPECT_EQ(read_list("{}"), list{});
    for (const auto bad : {"", "Wifi", "[\"Wifi\"", "[1]", "{\"a", "{\"a\"b}", "{\"a\\", "{\"a\"", "[\"a\"] more"})
        EXPECT_FALSE(read_list(bad)) << bad;
}

TEST(texts, bathrooms_may_be_words)
{
    EXPECT_EQ(read_bathrooms("1.5 shared baths"), 1.5);
    EXPECT_EQ(read_bathrooms("1 bath"), 1);
    EXPECT_EQ(read_bathrooms("0 baths"), 0);
    EXPECT_EQ(read_bathrooms("Half-bath"), 0.5);
    EXPECT_EQ(read_bathrooms("Private half-bath"), 0.5);
    EXPECT_FALSE(read_bathrooms(""));
    EXPECT_FALSE(read_bathrooms("two"));
}

TEST(texts, titles_may_tell_rooms)
{
    const auto t = read_title("Condo in Zürich · ★4.9 · 2 bedrooms · 3 beds · 1.5 shared baths");
    EXPECT_EQ(t.title, "Condo in Zürich");
    EXPECT_EQ(t.bedrooms, 2);
    EXPECT_EQ(t.beds, 3);
    EXPECT_EQ(t.bathrooms, 1.5);
    const auto studio = read_title("Loft in Wien · ★New · Studio · 1 bed · Half-bath");
    EXPECT_EQ(studio.title, "Loft in Wien");
    EXPECT_EQ(studio.bedrooms, 0);
    EXPECT_EQ(studio.bathrooms, 0.5);
    EXPECT_TRUE(studio.generated);
    EXPECT_EQ(read_title("Studio").title, "Studio");
    EXPECT_FALSE(read_title("Charming room in the heart of town").generated);
    EXPECT_EQ(read_title("Sea · Sun · 2 beds").title, "Sea · Sun");
    EXPECT_EQ(read_title("").title, "");
}

TEST(vocabulary, amenities_are_found_in_what_hosts_and_brands_write)
{
    struct
    {
        std::string_view raw, code;
    } constexpr cases[] = {
        {"Wifi", "wifi"},
        {"Fast wifi – 53 Mbps", "wifi"},
        {"Pocket wifi", "pocket_wifi"},
        {"GE stainless steel electric stove", "stove"},
        {"Hot water kettle", "hot_water_kettle"},
        {"Hot water", "hot_water"},
        {"Hair dryer", "hair_dryer"},
        {"Paid dryer – In building", "dryer"},
        {"Dishwasher", "dishwasher"},
        {"Window AC unit", "air_conditioning"},
        {"Pantene conditioner", "conditioner"},
        {"Free parking on premises", "free_parking"},
        {"Paid parking garage off premises", "paid_parking_nearby"},
        {"Disabled parking spot", "accessible_parking"},
        {"Pack ’n play/Travel crib - always at the listing", "travel_crib"},
        {"Children’s books and toys for ages 0-2 years old", "childrens_books_and_toys"},
        {"Pool table", "pool_table"},
        {"Shared pool", "pool"},
        {"Safe", "safe"},
        {"Safety card", "safety_card"},
        {"Ski-in/Ski-out", "ski_in_ski_out"},
        {"translation missing: en.hosting_amenity_50", ""},
        {"Whirlpool of feelings", ""},
        {"", ""},
    };
    for (const auto& c : cases)
    {
        EXPECT_EQ(amenity_code(c.raw), c.code) << c.raw;
        EXPECT_TRUE(c.code.empty() || is_amenity(c.code)) << c.code;
    }
}

TEST(vocabulary, property_types_tell_building_and_part)
{
    const auto check = [](std::string_view raw, std::optional<property_type> building, std::optional<room_type> part) {
        const auto got = read_property_type(raw);
        EXPECT_EQ(got.building, building) << raw;
        EXPECT_EQ(got.part, part) << raw;
    };
    check("Entire rental unit", property_type::apartment, room_type::entire_home);
    check("Private room in serviced apartment", property_type::serviced_apartment, room_type::private_room);
    check("Room in boutique hotel", property_type::boutique_hotel, room_type::hotel_room);
    check("Shared room in hostel", property_type::hostel, room_type::shared_room);
    check("Entire condominium (condo)", property_type::condominium, room_type::entire_home);
    check("Pension (South Korea)", property_type::pension, std::nullopt);
    check("Camper/RV", property_type::camper, std::nullopt);
    check("Private room", property_type::other, room_type::private_room);
    check("", property_type::other, std::nullopt);
    check("Private room in spaceship", std::nullopt, room_type::private_room);
}

/// Reads a test file; what a row gives or why it gives nothing, each with its line.
struct outcome
{
    std::size_t line;
    std::expected<listing, std::string> got;
};
std::vector<outcome> read(const char* name, const char* unit)
{
    std::ifstream file{std::format("{}/import/{}", ROOST_TEST_DATA, name), std::ios::binary};
    csv_reader csv{[&](char* into, std::size_t size) {
        file.read(into, static_cast<std::streamsize>(size));
        return static_cast<std::size_t>(file.gcount());
    }};
    const auto header = csv.next();
    const listing_reader reader{header->fields, {*currency::parse(unit), {}, {}, {}}};
    std::vector<outcome> out;
    while (const auto row = csv.next())
        out.push_back(
            {row->line, row->fault ? std::unexpected{std::string{describe(*row->fault)}} : reader.read(row->fields)});
    return out;
}

TEST(listings, of_2019_are_read)
{
    const auto rows = read("detailed-2019.csv", "EUR");
    ASSERT_EQ(rows.size(), 2u);
    ASSERT_TRUE(rows[0].got) << rows[0].got.error();
    const auto& l = *rows[0].got;
    const auto& p = l.offer;
    EXPECT_EQ(l.external_id, "1001");
    EXPECT_EQ(l.host_external_id, "77");
    EXPECT_EQ(l.host_name, "Zoë");
    EXPECT_EQ(p.status, property_status::listed);
    EXPECT_EQ(p.title, "Loft “Nord”");
    EXPECT_EQ(p.description, "Two lines\nof HTML & an entity\nand a quoted newline");
    EXPECT_EQ(p.house_rules, "No smoking\nNo shoes");
    EXPECT_EQ(p.images, std::vector<std::string>{"https://a0.muscache.com/p/1.jpg"});
    EXPECT_EQ(p.address.city, "Berlin");
    EXPECT_EQ(p.address.line, "Prenzlauer Berg Südwest");
    EXPECT_EQ(p.address.region, "Pankow");
    EXPECT_EQ(p.address.postcode, "10119");
    EXPECT_EQ(p.address.country, "DE");
    EXPECT_EQ(p.time_zone->name(), "Europe/Berlin");
    EXPECT_EQ(p.nightly_price, (money{123'400, *currency::parse("EUR")}));
    EXPECT_EQ(p.cleaning_fee, (money{3'500, *currency::parse("EUR")}));
    EXPECT_EQ(p.bathrooms, 1.5);
    EXPECT_EQ(p.stay_rules.min_nights, 4);
    EXPECT_EQ(p.stay_rules.max_nights, longest_stay);
    EXPECT_EQ(p.booking_mode, booking_mode::at_once);
    EXPECT_EQ(p.cancellation_policy, cancellation_policy::strict);
    EXPECT_EQ(p.rating, 4.65) << "93 % are 4.65 stars";
    EXPECT_EQ(p.rating_count, 118);
    EXPECT_EQ(p.amenities, (std::vector<std::string>{"air_conditioning", "cable_tv", "family_friendly", "tv", "wifi"}));
    EXPECT_EQ(l.unknown, std::vector<std::string>{"translation missing: en.hosting_amenity_50"});
    ASSERT_TRUE(rows[1].got);
    EXPECT_EQ(rows[1].got->offer.booking_mode, booking_mode::request);
    EXPECT_EQ(rows[1].line, 4u) << "a quoted newline before it";
}

TEST(listings, of_2023_are_read)
{
    const auto rows = read("detailed-2023.csv", "HKD");
    ASSERT_EQ(rows.size(), 5u);
    for (const auto& r : rows) ASSERT_TRUE(r.got) << r.got.error();
    const auto& p = rows[0].got->offer;
    EXPECT_EQ(rows[0].got->external_id, "645231098712345678");
    EXPECT_EQ(p.title, "Rental unit in Yau Ma Tei");
    EXPECT_EQ(p.description, "海景 🌊\nCR within quotes\n<3 minutes to the MTR\n\nBring > 1 towel");
    EXPECT_EQ(p.bedrooms, 2) << "only the title tells";
    EXPECT_EQ(p.bathrooms, 1.5);
    EXPECT_EQ(p.amenities, (std::vector<std::string>{"cable_tv", "childrens_books_and_toys", "stove", "tv", "wifi"}));
    EXPECT_EQ(p.rating, 4.87);
    EXPECT_EQ(p.address.country, "HK");
    EXPECT_EQ(p.address.city, "Hong Kong");

    EXPECT_EQ(rows[1].got->offer.status, property_status::draft) << "nothing can be booked without a price";
    EXPECT_FALSE(rows[1].got->offer.nightly_price);
    EXPECT_EQ(rows[2].got->offer.nightly_price->minor(), 8'404'200);
    EXPECT_EQ(rows[2].got->offer.bathrooms, 0.5);
    EXPECT_EQ(rows[3].got->offer.status, property_status::unlisted);
    const auto& odd = rows[4].got->offer;
    EXPECT_EQ(odd.title, "Stay in Yau Tsim Mong");
    EXPECT_EQ(odd.stay_rules.min_nights, longest_stay);
    EXPECT_EQ(odd.stay_rules.max_nights, longest_stay);
    EXPECT_EQ(odd.capacity, 2) << "as usual for a private room";
    EXPECT_EQ(odd.room_type, room_type::private_room) << "the property type tells";
    EXPECT_EQ(rows[4].got->unknown, std::vector<std::string>{"Private room in spaceship"});
}

TEST(listings, bad_rows_are_told_with_line_and_reason)
{
    const auto rows = read("broken.csv", "HKD");
    std::vector<std::string> told;
    int good = 0;
    for (const auto& r : rows)
    {
        good += r.got.has_value();
        if (!r.got) told.push_back(std::format("{}: {}", r.line, r.got.error()));
    }
    EXPECT_EQ(good, 6);
    EXPECT_EQ(told, (std::vector<std::string>{
                        "3: it has 20 fields, the header has 34",
                        "4: id is not an id: 3.04E+17",
                        "5: text after a closing quote",
                        "6: text that is not UTF-8",
                        "7: price is not an amount: on request",
                        "8: its place is not on earth",
                        "9: it has no place on the map",
                        "10: amenities is not a list: [\"Wifi\"",
                        "12: minimum_nights is not a whole number: a few",
                        "13: room_type is not a room type: Whole planet",
                        "16: text after a closing quote",
                    }));
}

TEST(listings, other_files_are_refused)
{
    const std::vector<std::string_view> header{"listing_id", "id", "date", "reviewer_id", "comments"};
    EXPECT_THROW((listing_reader{header, {}}), wrong_file);
    EXPECT_THROW((calendar_reader{header, {}}), wrong_file);
}

/// "1001 2024-01-30/2024-02-01", or "1001" for a listing that is met.
std::vector<std::string> ranges(std::vector<std::vector<std::string_view>> rows, std::optional<date>* first = nullptr)
{
    std::vector<std::string> out;
    calendar_reader reader{rows.front(), [&](std::string_view listing, std::optional<date_range> closed) {
                               auto& line = out.emplace_back(listing);
                               if (closed) line += std::format(" {}/{}", format(closed->from()), format(closed->to()));
                           }};
    for (std::size_t i = 1; i < rows.size(); ++i)
        if (const auto read = reader.read(rows[i]); !read) out.push_back(read.error());
    reader.finish();
    if (first) *first = reader.first_day();
    return out;
}

TEST(calendars, nights_in_a_row_are_one_range)
{
    std::optional<date> first;
    EXPECT_EQ(ranges({{"listing_id", "date", "available", "price"},
                      {"7", "2024-01-30", "f", "$1.00"},
                      {"7", "2024-01-31", "f", "$1.00"},
                      {"7", "2024-02-01", "t", ""},
                      {"7", "2024-02-02", "f", ""},
                      {"8", "2024-01-29", "t", ""},
                      {"9", "2024-02-03", "f", ""},
                      {"9", "2024-02-05", "f", ""}},
                     &first),
              (std::vector<std::string>{"7", "7 2024-01-30/2024-02-01", "7 2024-02-02/2024-02-03", "8", "9",
                                        "9 2024-02-03/2024-02-04", "9 2024-02-05/2024-02-06"}));
    EXPECT_EQ(first, parse_date("2024-01-29"));
}

TEST(calendars, runs_are_read_as_well)
{
    EXPECT_EQ(ranges({{"listing_id", "first_date", "last_date", "available"},
                      {"7", "2023-09-23", "2023-09-24", "f"},
                      {"7", "2023-09-25", "2023-12-22", "f"},
                      {"7", "2023-12-23", "2023-12-23", "t"}}),
              (std::vector<std::string>{"7", "7 2023-09-23/2023-12-23"}));
}

TEST(calendars, bad_rows_are_told)
{
    EXPECT_EQ(ranges({{"listing_id", "first_date", "last_date", "available"},
                      {"x", "2023-09-23", "2023-09-24", "f"},
                      {"7", "2023-09-31", "2023-10-01", "f"},
                      {"7", "2023-09-30", "2023-09-29", "f"},
                      {"7", "2023-09-30", "2023-09-30", "maybe"},
                      {"7", "2023-09-30"}}),
              (std::vector<std::string>{"listing_id is not an id: x", "not a day: 2023-09-31",
                                        "not the last day of a run: 2023-09-29", "available is neither t nor f: maybe",
                                        "it has 2 fields, the header has 4"}));
}

TEST(progress, groups_digits)
{
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(48'895), "48,895");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(grouped(-123), "-123");
    EXPECT_EQ(grouped(-1234), "-1,234");
}

}  // namespace
}  // namespace roost::importing
